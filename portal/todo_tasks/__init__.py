"""What waits for each kind of person: one module a kind, each registers its providers."""
