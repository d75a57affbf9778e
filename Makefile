# SPDX-License-Identifier: GPL-2.0-or-later
# make run   - set up all that is needed and start a server with three users
# make test  - set up all that the tests need and run every check and test
# make help  - the rest

VENV := .venv
HOME_DIR ?= .mss
SETUP_INPUTS := pyproject.toml setup.py scripts/setup $(wildcard plugins/*/pyproject.toml)
SOURCES := $(shell find mss -name '*.py' 2>/dev/null)
INIT_OPTIONS := $(if $(BIND),--bind $(BIND)) $(if $(SIP_PORT),--sip-port $(SIP_PORT)) $(if $(WEB_PORT),--web-port $(WEB_PORT))

.PHONY: help setup setup-test run lint check unit scenarios test compile test-compiled run-compiled bench clean

help:
	@echo 'make run            start a server in $(HOME_DIR) (HOME_DIR=, BIND=, SIP_PORT=, WEB_PORT= are for its first start)'
	@echo 'make test           every check and test'
	@echo 'make setup          only prepare $(VENV) with $(VENV)/bin/mss'
	@echo 'make lint           ruff and mypy'
	@echo 'make check          lint and the tests of the architecture (layers, sizes, docstrings)'
	@echo 'make unit           tests that need no other program'
	@echo 'make scenarios      tests with SIPp, baresip and real server processes'
	@echo 'make compile        compile the inner packages with mypyc into build/compiled, run by .venv-compiled/bin/mss'
	@echo 'make test-compiled  the unit tests once more, compiled'
	@echo 'make run-compiled   as run, compiled'
	@echo 'make bench          CPU time per call and per registration, side by side with the peers that are installed'
	@echo 'make clean          remove what make made, but not $(HOME_DIR)'

setup: $(VENV)/.ready
$(VENV)/.ready: $(SETUP_INPUTS)
	@scripts/setup run

setup-test: $(VENV)/.ready-test
$(VENV)/.ready-test: $(SETUP_INPUTS)
	@scripts/setup test

run: setup
	@test -e $(HOME_DIR)/mss.toml || $(VENV)/bin/mss --home $(HOME_DIR) init $(INIT_OPTIONS)
	@exec $(VENV)/bin/mss --home $(HOME_DIR) serve --show-phones

lint: setup-test
	@echo '==> ruff'
	@$(VENV)/bin/ruff check .
	@echo '==> mypy'
	@$(VENV)/bin/mypy

check: lint
	@$(VENV)/bin/python scripts/run_tests.py architecture

unit: setup-test
	@$(VENV)/bin/python scripts/run_tests.py unit

scenarios: setup-test
	@$(VENV)/bin/python scripts/run_tests.py scenarios

test: lint
	@$(VENV)/bin/python scripts/run_tests.py unit scenarios

compile: build/compiled/.ready
build/compiled/.ready: $(VENV)/.ready-test scripts/compile.py $(SOURCES)
	@$(VENV)/bin/python scripts/compile.py

test-compiled: compile
	@$(VENV)/bin/python scripts/run_tests.py compiled

run-compiled: compile
	@test -e $(HOME_DIR)/mss.toml || .venv-compiled/bin/mss --home $(HOME_DIR) init $(INIT_OPTIONS)
	@exec .venv-compiled/bin/mss --home $(HOME_DIR) serve --show-phones

bench: compile
	@$(VENV)/bin/python -m bench

clean:
	rm -rf $(VENV) .venv-compiled build *.egg-info plugins/*/build plugins/*/*.egg-info .mypy_cache .ruff_cache .pytest_cache
