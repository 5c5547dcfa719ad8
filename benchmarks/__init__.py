"""How fast the portal is, next to the plain SQL of the same rows: ``make bench``.

Nothing timed is asserted anywhere: the figures are read, in ``docs/performance.md``.
"""
