# `make` lists what there is. Python 3.11 or later, pip and make are enough; nothing needs root.

PYTHON ?= $(shell .ci/python)
BIN := .venv/bin
ONLY ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test test-redmine check format bench audit-check drive-check fidelity schema pages lock ci clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/installed ## make .venv and install what running needs, every package checked by hash

run: setup ## start Holdfast with a sample Trello workspace: two snapshots, what changed, and stay up
	@$(BIN)/holdfast demo $(ARGS)

test: .venv/installed-dev ## run the tests that need nothing but this folder
	@$(BIN)/python -m pytest -n 3 $(ARGS)

test-redmine: .venv/installed-dev ## run the tests before a real Redmine: made in a root of its own, which needs root and apt
	@$(BIN)/python -m tests.servers redmine -- $(BIN)/python -m pytest -n 0 tests/integration/redmine $(ARGS) \
		|| { code=$$?; [ $$code = 75 ] || exit $$code; echo 'SKIPPED: the reason is above'; }

check: .venv/installed-dev ## lint, format, types, import contracts, schema: what a change must pass
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -c 'from api.schema import text; print(text(), end="")' | diff -u schema.graphql - \
		|| { echo 'schema.graphql is not what the code says: make schema'; exit 1; }

format: .venv/installed-dev ## format the code and mend what can be mended
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: .venv/installed-dev ## measure against restic and borg; ONLY=name for one; writes build/bench.json
	@ONLY=$(ONLY) $(BIN)/python -m tests.bench $(ARGS)

audit-check: .venv/installed-dev ## check the proofs: vectors, every byte altered, Go's own code, the walk; ends with a line of JSON
	@$(BIN)/python -m tests.audit_check $(ARGS)

drive-check: .venv/installed-dev ## check the copy in Google Drive with Google's own client and rclone; ends with a line of JSON
	@$(BIN)/python -m tests.drive_check $(ARGS)

fidelity: .venv/installed-dev ## restore whole workspaces and compare: writes docs/fidelity.md, ends with a line of JSON
	@$(BIN)/python -m tests.fidelity --write docs/fidelity.md $(ARGS)

pages: setup ## write each app's page (connectors/<app>/README.md) from its spec
	@$(BIN)/python -m connectors.page

schema: setup ## write schema.graphql from the code
	@$(BIN)/python -m api.schema

lock: setup ## pin every package again, by hash: constraints.txt and constraints-dev.txt
	@PYTHON=$(BIN)/python .ci/lock

ci: ## everything, with real brokers, real S3 and a fresh clone; installs Debian packages when root
	@.ci/run

clean: ## remove what these commands made
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/installed: constraints.txt pyproject.toml .ci/install
	@PYTHON=$(PYTHON) .ci/install constraints.txt
	@touch $@

.venv/installed-dev: constraints-dev.txt constraints.txt pyproject.toml .ci/install
	@PYTHON=$(PYTHON) .ci/install constraints-dev.txt
	@touch .venv/installed $@
