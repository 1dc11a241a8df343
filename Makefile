# What to type. Everything lands in .venv and temporary folders; nothing outside is touched, except that
# `make test` as root installs RabbitMQ and PostgreSQL from the distribution when they are missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first Python that the project runs on (3.11 or 3.12); say PYTHON=… to choose another.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: help venv demo servers test moved-clock test-compose lint types bench chaos clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## +/\t/' | expand -t 16

# Two stamps: the demo needs only what the platform runs on.
.venv/.runtime: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed; none was found (say PYTHON=/path/to/python3.11)." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "Python's venv module is missing: apt-get install python3-venv"; \
	    [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; }
	@echo "Installing what the platform runs on into .venv …"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.dev: .venv/.runtime
	@echo "Installing the tools of development into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev
	@touch $@

venv: .venv/.dev  ## the environment, with the tools of development

demo: .venv/.runtime  ## the whole journey in one process: no server needed
	@$(BIN)/portal demo $(ARGS)

lint: .venv/.dev  ## style, likely bugs, and who may import what
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/.dev  ## strict types of the chassis and of every domain
	$(BIN)/mypy

servers: .venv/.dev
	@$(BIN)/python -m tests.support.servers

# First what does not mind company, three at a time: rules in memory, what is asked at the doors, the chassis, whose tests
# mostly wait, the sealed log, journeys. Then faults, which are judged by seconds, and the services one by one.
TESTS = $(BIN)/pytest -m "not compose and not chaos"
DOORS := $(addprefix tests/e2e/test_,refusals.py refusals_elsewhere.py authorization.py access_log.py invalid_input.py)
TOGETHER := test-rules test-doors test-chassis test-audit test-journeys
.PHONY: $(TOGETHER)

test: servers lint types  ## everything but compose, on a broker and a database of its own (ARGS=… goes to pytest)
	@echo "Three at a time, each shown when it is done, for about seven minutes: $(TOGETHER)"
	@$(MAKE) --no-print-directory -j3 -Otarget $(TOGETHER)
	$(TESTS) tests/moved_clock tests/faults tests/service --ignore=tests/service/chassis --ignore=tests/service/transparency $(ARGS)

test-rules: .venv/.dev
	$(TESTS) tests/architecture tests/contract tests/unit tests/component $(ARGS)

test-doors: .venv/.dev
	$(TESTS) $(DOORS) $(ARGS)

test-chassis: .venv/.dev
	$(TESTS) tests/service/chassis $(ARGS)

test-audit: .venv/.dev
	$(TESTS) tests/service/transparency $(ARGS)

test-journeys: .venv/.dev
	$(TESTS) tests/e2e $(addprefix --ignore=,$(DOORS)) $(ARGS)

test-compose: .venv/.dev  ## the journey through docker-compose.yml, on the Docker engine at hand
	$(BIN)/pytest -m compose --timeout=900 tests/e2e $(ARGS)

moved-clock: .venv/.dev  ## the demo and tests on the days of tests/moved_clock/days.py (DAYS="leap-day new-year" for some)
	$(BIN)/python -m tests.moved_clock $(DAYS) $(if $(ARGS),-- $(ARGS))

bench: servers  ## the benchmarks, as ratios measured in one run
	$(BIN)/portal bench $(ARGS)

chaos: servers  ## long fault runs and a soak (SEED=1 MINUTES=60, which bound it all); verdicts and a page in build/verdicts
	SEED=$${SEED:-1} MINUTES=$${MINUTES:-60} $(BIN)/python -m tests.faults.chaos $(ARGS)

clean:  ## remove the environment, caches and what the demo left
	rm -rf .venv .portal build *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
