# The two commands are `make up` and `make test`; `make help` lists the rest.
# Everything is installed into this clone; tools/bootstrap.py says how.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
NPM := $(BIN)/python tools/build_frontend.py npm
# Tests wait more than they compute: a file of them stays together on one of a few processes, and long files come
# first (tests/support/order.py), not those with the most tests.
SPREAD := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
TYPED := $(wildcard src tests benchmarks harness tools migrations) hatch_build.py

# The environment's own Python, or the system's where there is none yet (or the system's was upgraded under it).
define bootstrap
@python=$(BIN)/python; "$$python" -c '' 2>/dev/null || python=$(PYTHON); \
command -v "$$python" >/dev/null || { echo "VLog needs Python 3.11 or newer, and there is no $(PYTHON)." >&2; exit 1; }; \
"$$python" tools/bootstrap.py
endef

##@ Run

.PHONY: up
up: install ## Install what is missing and start VLog (Ctrl-C stops it)
	@VLOG_DATA_DIR="$${VLOG_DATA_DIR:-$(CURDIR)/data}" exec $(BIN)/vlog up

.PHONY: install
install: ## Install VLog into this clone: .venv and the built front end
	$(bootstrap) run

##@ Check

.PHONY: test
test: ## Install what tests need, then everything CI proves (PYTEST_ARGS="-k name" narrows the tests)
	$(bootstrap) test
	@$(MAKE) check
	@$(BIN)/pytest $(SPREAD) --durations=15 $(PYTEST_ARGS)

.PHONY: check
check: tools ## Format, lint, types, import contracts, budgets, TypeScript, Vitest
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest --quiet --no-header tests/house
	$(NPM) run --silent typecheck
	$(NPM) run --silent test

.PHONY: e2e
e2e: ## Only the tests with real processes and a real browser
	$(bootstrap) test
	@$(BIN)/pytest --durations=15 tests/e2e $(PYTEST_ARGS)

.PHONY: bench
bench: tools ## Measure against peers and limits (ARGS="ladder" picks one)
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: harness
harness: tools ## Kill, starve and feed garbage until something breaks (ARGS="--help" for more)
	@$(BIN)/python -m harness $(ARGS)

##@ Work

.PHONY: tools
tools: ## Install the tools of the checks
	$(bootstrap) check

.PHONY: format
format: tools ## Put every Python file into shape
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: lock
lock: tools ## Write uv.lock and package-lock.json anew from what pyproject.toml and package.json ask for
	@$(BIN)/uv lock
	@$(NPM) install --package-lock-only --ignore-scripts

.PHONY: docs
docs: tools ## Write the reference pages from the code, and the TypeScript types from the contracts
	@$(BIN)/python -m tools.reference
	@$(BIN)/python -m tools.client_types

.PHONY: words
words: tools ## Bring the catalogues of translations in step with the sources
	@$(BIN)/python -m tools.words

.PHONY: dist
dist: tools ## Build sdist and wheel into dist/
	@$(BIN)/uv build

.PHONY: clean
clean: ## Remove what the other commands made; data/ stays
	rm -rf .venv .stamps .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf build dist test-results frontend/node_modules src/vlog/web/static
	find src tests tools benchmarks harness migrations -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
