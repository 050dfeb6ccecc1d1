# Every task of the project. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run dev test check bench lock clean

PYTHON ?= python3
READY := .venv/.ready
ARGS ?=

# The environment brings its own python, node and npm.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Trust what the system trusts, as an office proxy needs it.
export NODE_USE_SYSTEM_CA := 1
# Without compiled files each start compiles all packages anew.
export PYTHONDONTWRITEBYTECODE :=

help: ## List the tasks.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: $(READY) ## Build what changed, migrate the database and serve Mewayz. ARGS="--port 3001"
	@mewayz run $(ARGS)

dev: $(READY) ## Run with hot reload while working on the code.
	@mewayz dev

test: $(READY) ## Run the whole suite with real Redis, PostgreSQL and Chromium. ARGS="-n 0 -k orders"
	@python .ci/packages.py
	@python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(READY) ## Check lint, format, types, import contracts and architecture.
	@ruff check .
	@ruff format --check .
	@pyright
	@lint-imports --no-cache --no-logo
	@python -m pytest -q -p no:randomly tests/test_architecture.py

bench: $(READY) ## Run the benchmarks of bench/, with their peers.
	@python -m bench $(ARGS)

lock: $(READY) ## Resolve the Python and npm lock files anew.
	@uv --system-certs pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --upgrade --group dev --output-file requirements.lock pyproject.toml
	@touch requirements.lock && $(MAKE) --no-print-directory $(READY)
	@mewayz build --relock
	@cd tests/e2e && npm update --package-lock-only --omit-lockfile-registry-resolved --silent

clean: ## Remove the environment, the build and the caches; data stays.
	@rm -rf .venv .web .states .pytest_cache .ruff_cache .import_linter_cache tests/e2e/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml .ci/environment.py
	@command -v $(PYTHON) >/dev/null || { echo "Mewayz needs Python 3.11 or newer; $(PYTHON) was not found."; exit 1; }
	@$(PYTHON) .ci/environment.py
