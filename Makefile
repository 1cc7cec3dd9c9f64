# Two commands are all that a fresh machine needs: `make run` and `make test`.

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(VENV)/bin/uv
PACKAGES := schemas streams gateway topologies infra pavilion
TESTS ?= tests/unit tests/topology tests/contract tests/integration tests/e2e tests/load tests/chaos
BROWSER := gateway/browser
SECONDS ?= 1800
CLIENTS ?= 5000
SEED ?= $(shell od -An -N2 -tu2 /dev/urandom | tr -d ' ')
LOCK := pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-emit-index-url

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test chaos load lint browser checkbrowser services system lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## Run everything in one process, with the demo page on http://127.0.0.1:8000 (ARGS="…" is passed on)
	@exec $(VENV)/bin/pavilion run $(ARGS)

test: system $(VENV)/dev.stamp lint checkbrowser ## Lint, then run every test against real services (TESTS="tests/unit" for some)
	@$(PYTHON) -m infra.local prepare
	$(VENV)/bin/pytest $(TESTS)

chaos: system $(VENV)/dev.stamp ## Break everything for SECONDS (1800), verify that nothing was lost (SEED=n replays one)
	@$(PYTHON) -m infra.local prepare
	@exec $(PYTHON) -m tests.chaos --seconds $(SECONDS) --seed $(SEED) $(ARGS)

load: system $(VENV)/dev.stamp ## Hold CLIENTS (5000) sockets, kill one gateway and drain another, compare every client's log
	@$(PYTHON) -m infra.local prepare
	@exec $(PYTHON) -m tests.load --clients $(CLIENTS) $(ARGS)

lint: $(VENV)/dev.stamp ## Check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

browser: $(BROWSER)/node_modules/.stamp ## Build the browser client, the inbox element and the demo page (needs Node 18 or later)
	cd $(BROWSER) && npm run --silent build

checkbrowser: system $(BROWSER)/node_modules/.stamp # Types, tests, and that what is checked in is what the sources build
	cd $(BROWSER) && npm run --silent check

services: system $(VENV)/run.stamp ## Run Pulsar, Redis and Cassandra until Ctrl-C, and print the settings that use them
	@exec $(PYTHON) -m infra.local up $(ARGS)

system: # What the tests need besides Python
	@infra/local/system.sh

lock: $(VENV)/bin/uv ## Pin all dependencies with their hashes in requirements/
	$(UV) $(LOCK) requirements/build.in -o requirements/build.txt
	$(UV) $(LOCK) pyproject.toml --extra dev -o requirements/dev.txt
	$(UV) $(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	$(UV) $(LOCK) pyproject.toml --extra s3 -c requirements/dev.txt -o requirements/s3.txt

clean: ## Remove what was built here; downloads stay in the cache, data in .pavilion
	rm -rf $(VENV) $(BROWSER)/node_modules $(BROWSER)/dist build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment serves both: the locks for tests hold those for running. A stamp says which of them is in place.

$(VENV)/bin/uv: requirements/build.txt
	@$(PYTHON) -c '' 2>/dev/null || infra/local/venv.sh $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/uv
	@rm -f $(VENV)/dev.stamp
	$(UV) pip sync --quiet --require-hashes requirements/build.txt requirements/run.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml | $(VENV)/bin/uv
	@rm -f $(VENV)/run.stamp
	$(UV) pip sync --quiet --require-hashes requirements/build.txt requirements/dev.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(VENV)/run.stamp $@

$(BROWSER)/node_modules/.stamp: $(BROWSER)/package.json $(BROWSER)/package-lock.json
	cd $(BROWSER) && npm ci --silent
	@touch $@
