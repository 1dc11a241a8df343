# What to type. Everything lands in .venv and temporary folders; nothing outside is touched, except that
# `make test` as root installs RabbitMQ and PostgreSQL from the distribution when they are missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first Python that the project runs on (3.11 or 3.12); say PYTHON=… to choose another.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

# Byte code is stored beside the sources even where the environment asks for none: the suite starts some hundred
# processes, and each would compile the project and its tests again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help venv demo portal servers quick test properties moved-clock clients images test-compose lint types bench chaos clean

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

portal: .venv/.runtime  ## the whole platform with sample people, over HTTP on port 8000, until Ctrl-C (ARGS="--port 0")
	@$(BIN)/portal start $(ARGS)

lint: .venv/.dev  ## style, likely bugs, and who may import what
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(TIMED) $(BIN)/lint-imports

types: .venv/.dev  ## strict types of services and infra, checked types of tests
	$(TIMED) $(BIN)/mypy

servers: .venv/.dev
	@$(BIN)/python -m tests.support.servers

test-pure: .venv/.dev
	$(TIMED) $(PYTEST) tests/unit $(ARGS)

quick: .venv/.dev  ## lint, types and the pure tests, side by side: what to run after every change
	@$(MAKE) --no-print-directory -j2 -Otarget lint types test-pure

# Side by side are processes, each with its own servers. pytest-xdist does not do here: its workers wait for execnet's
# native threads, which stop for ever once a process is green (tests/conftest.py).
TIMED = @TIMEFORMAT='$@: %0R s, CPU %0U s + %0S s'; time
PYTEST = $(BIN)/pytest
MEASURED = $(BIN)/coverage run -m pytest
REFUSALS := $(addprefix tests/e2e/test_,refusals.py refusals_elsewhere.py authorization.py access_log.py invalid_input.py)
CHASSIS := tests/service/chassis
AUDIT := tests/service/transparency
# The longest first, so that none is left over at the end.
SIDE_BY_SIDE := test-services test-chassis test-journeys test-browser test-components test-refusals types test-audit test-rules lint
.PHONY: test-pure $(SIDE_BY_SIDE) test-faults test-coverage coverage

test: servers  ## everything but compose, on a broker and a database of its own (ARGS=… goes to pytest)
	@rm -rf build/coverage
	@echo "Four at a time, each shown when it is done, for about a quarter of an hour: $(SIDE_BY_SIDE)"
	@$(MAKE) --no-print-directory -k -j4 -Otarget $(SIDE_BY_SIDE)
	@$(MAKE) --no-print-directory test-coverage test-faults

# Lines and branches that rules reach alone, of the modules they load: 66 per cent. Measuring doubles the time (and more
# than that of green tests), so what contracts and components reach, too, is measured by `make coverage`, with the floor in
# pyproject.toml.
test-coverage: .venv/.dev
	$(if $(ARGS),@echo "Coverage is not judged: ARGS chose some tests only.",$(BIN)/coverage combine -q && $(BIN)/coverage report --fail-under=64 | tail -3)

coverage: .venv/.dev  ## branch coverage by rules, contracts and components, with its floor (ten minutes)
	@rm -rf build/coverage
	$(MEASURED) tests/architecture tests/contract tests/unit
	$(MEASURED) tests/component
	$(BIN)/coverage combine -q && $(BIN)/coverage report

# Pure tests are not green, and asking for every call in which greenlet it is costs as much as measuring it.
test-rules: .venv/.dev
	$(TIMED) $(BIN)/coverage run --concurrency=thread -m pytest tests/unit $(ARGS)
	$(TIMED) $(PYTEST) tests/architecture tests/contract $(ARGS)

test-components: .venv/.dev
	$(TIMED) $(PYTEST) tests/component $(ARGS)

test-refusals: .venv/.dev
	$(TIMED) $(PYTEST) $(REFUSALS) $(ARGS)

test-chassis: .venv/.dev
	$(TIMED) $(PYTEST) $(CHASSIS) $(ARGS)

test-browser: .venv/.dev  ## pages in Chromium, as people use them
	$(TIMED) $(PYTEST) tests/browser $(ARGS)

test-audit: .venv/.dev
	$(TIMED) $(PYTEST) $(AUDIT) $(ARGS)

test-services: .venv/.dev
	$(TIMED) $(PYTEST) tests/service tests/moved_clock $(addprefix --ignore=,$(CHASSIS) $(AUDIT)) $(ARGS)

test-journeys: .venv/.dev
	$(TIMED) $(PYTEST) tests/e2e $(addprefix --ignore=,$(REFUSALS)) $(ARGS)

# By itself, because faults are judged by seconds.
test-faults: .venv/.dev
	$(TIMED) $(PYTEST) tests/faults $(ARGS)

clients: .venv/.dev  ## a TypeScript and a Python client in build/clients, made of the front door's document and checked
	@$(BIN)/python -m tests.support.generated_clients

images: .venv/.dev  ## the images of docker-compose.yml, on the Docker engine at hand
	@$(BIN)/python -m tests.support.compose_stack

test-compose: .venv/.dev  ## the journey through docker-compose.yml, on the Docker engine at hand
	$(TIMED) $(BIN)/pytest -m compose --timeout=900 tests/e2e $(ARGS)

properties: .venv/.dev  ## the properties on examples of their own choice, found ones kept in .hypothesis
	$(PYTEST) tests/unit tests/component -m hypothesis --hypothesis-profile=search $(ARGS)

moved-clock: .venv/.dev  ## the demo and tests on the days of tests/moved_clock/days.py (DAYS="leap-day new-year" for some)
	$(BIN)/python -m tests.moved_clock $(DAYS) $(if $(ARGS),-- $(ARGS))

bench: servers  ## the benchmarks, as ratios measured in one run
	$(BIN)/portal bench $(ARGS)

chaos: servers  ## long fault runs and a soak (SEED=1 MINUTES=60, which bound it all); verdicts and a page in build/verdicts
	SEED=$${SEED:-1} MINUTES=$${MINUTES:-60} $(BIN)/python -m tests.faults.chaos $(ARGS)

clean:  ## remove the environment, caches and what the demo left
	rm -rf .venv .portal build *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
