# Two commands matter: `make demo` and `make test`. `make help` lists all.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9

.DEFAULT_GOAL := help

.PHONY: help demo test test-long bench lint build lock clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(VENV)/.runtime build ## set everything up and start the service with a made-up ward
	@$(BIN)/library demo start

test: $(VENV)/.dev build ## run every test (browser tests need Chromium, installed when allowed)
	@$(BIN)/python -m tests.run

test-long: $(VENV)/.dev build ## the long suites too: fuzzing, thousand-step machines
	@$(BIN)/python -m tests.run --long

bench: $(VENV)/.dev build ## measure: import, search, pages, memory
	@$(BIN)/library bench

lint: $(VENV)/.dev ## style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

build: $(VENV)/.runtime ## build the front end, when its sources changed
	@$(BIN)/python -m library.static.make

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is %s" % sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV) || { echo "the Python module venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(UV)
	@echo "installing the locked Python packages …"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime | $(UV)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

lock: $(UV) ## renew the locked versions
	$(UV) pip compile --quiet --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --generate-hashes --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove what was built (not the data)
	rm -rf $(VENV) node_modules library/static/dist
