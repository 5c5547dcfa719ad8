# Maillage: `make demo` starts everything, `make test` checks everything.
# Paths stay relative and programs are run as `python -m …`, so that a checkout may live under a
# long path or one with spaces.

PORT ?= 8000
TEST_ARGS ?=
# Test processes: one a core.
WORKERS ?= auto
# Dossiers of the base that `make bench` measures; each size has its own under var/bench.
DOSSIERS ?= 10000
PY := .venv/bin/python
SET_UP := .venv/.packages node_modules/.packages
# The tests keep their own PostgreSQL and Redis, apart from the demonstration's.
RUN := MAILLAGE_STATE_DIR="$${MAILLAGE_STATE_DIR:-var/test}" $(PY) -m config.embedded run --fast --
FORMATTED := config foundation territories accounts partners grants reporting portal tests scripts \
	benchmarks manage.py

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test e2e check bench screenshots clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(SET_UP) ## Install what is missing (done by the others when needed)

demo: $(SET_UP) ## Start the whole portal with its demonstration data (PORT=8000)
	@exec $(PY) -m config.embedded demo --port "$(PORT)"

demo-reset: $(SET_UP) ## Erase the demonstration's data
	@exec $(PY) -m config.embedded reset

test: $(SET_UP) ## Run all the tests, one process a core (TEST_ARGS=… for pytest, WORKERS=0 for none)
	@$(RUN) $(PY) -m pytest -n "$(WORKERS)" --dist worksteal $(TEST_ARGS)

e2e: $(SET_UP) ## Install Chromium when absent and run the browser tests
	@scripts/setup.sh chromium
	@$(RUN) $(PY) -m pytest -m browser $(TEST_ARGS)

check: $(SET_UP) ## Format, lint, import contracts, migrations, Django's checks
	$(PY) -m ruff format --check $(FORMATTED)
	$(PY) -m ruff check $(FORMATTED)
	$(PY) -m djlint --check --quiet templates
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	@$(RUN) $(PY) manage.py makemigrations --check --dry-run
	@$(RUN) $(PY) manage.py check --fail-level WARNING

bench: $(SET_UP) ## Measure the desk, rewrite docs/performance.md (DOSSIERS=10000)
	@MAILLAGE_STATE_DIR="var/bench/$(DOSSIERS)" $(PY) -m config.embedded run -- \
		$(PY) -m benchmarks --dossiers "$(DOSSIERS)"

screenshots: $(SET_UP) ## Photograph the main pages of a fresh demonstration into docs/screenshots
	@scripts/setup.sh chromium
	@$(PY) scripts/screenshots.py

clean: ## Remove caches and what the tests leave (keeps the demonstration's data)
	@-[ -x $(PY) ] && MAILLAGE_STATE_DIR=var/test $(PY) -m config.embedded reset
	@rm -rf .pytest_cache .ruff_cache .import_linter_cache .hypothesis var/test
	@find . -name node_modules -prune -o -name .venv -prune -o -name __pycache__ -type d \
		-exec rm -rf {} +

.venv/.packages: requirements/dev.txt scripts/setup.sh
	@scripts/setup.sh system
	@scripts/setup.sh python
	@touch $@

node_modules/.packages: package-lock.json package.json | .venv/.packages
	@scripts/setup.sh node
	@touch $@
