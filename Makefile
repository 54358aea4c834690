# `make help` lists what there is. All that is needed: Python 3.11 or later, git and make.
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := $(or $(shell command -v uv),.cache/uv/bin/uv)
TOOLS := .venv/bin
# One more than there are cores, since some of the tests wait for servers.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")
INSTALL := $(UV) pip sync --quiet --require-hashes
export UV_PYTHON_DOWNLOADS ?= never
# Once here instead of at each of the hundreds of starts that the tests make.
export UV_COMPILE_BYTECODE ?= 1
export PATH := $(abspath $(dir $(UV))):$(PATH)

.PHONY: help setup demo test check lint matrix mutants requirements bench races faults measure pins release

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: .venv/.done .cache/rendered/.done ## Install the pinned tools, here and nowhere else

.cache/uv/bin/uv:
	$(PYTHON) -m venv .cache/uv
	.cache/uv/bin/pip install --quiet uv

.venv/.done: requirements/template.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(INSTALL) --python .venv $<
	touch $@

.cache/rendered/.done: requirements/rendered.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .cache/rendered
	$(INSTALL) --python .cache/rendered $<
	touch $@

.cache/bench/.done: requirements/bench.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .cache/bench
	$(INSTALL) --python .cache/bench $<
	touch $@

demo: .venv/.done ## Render the defaults into a new folder and start the project
	$(TOOLS)/python -m tools.demo

test: setup lint ## Style, types and every test
	$(TOOLS)/pytest -n $(WORKERS)

check: setup lint ## The quick gate: static checks, the smallest and the largest project, and what a change can break
	$(TOOLS)/pytest -n $(WORKERS) -k "not test_update and not test_switching and not test_living and not test_project"
	$(TOOLS)/python -m tools.matrix --changed

lint: .venv/.done ## Style and types of this repository's own Python
	$(TOOLS)/ruff check
	$(TOOLS)/ruff format --check
	$(TOOLS)/mypy

matrix: setup ## Check every combination and show a table; ARGS="--only jwt --jobs 2"
	$(TOOLS)/python -m tools.matrix $(ARGS)

mutants: setup ## Break rendered projects on purpose; a test must notice each breakage
	$(TOOLS)/python -m tools.mutants $(ARGS)

requirements: .venv/.done ## Count the security requirements: met, applicable, deviating
	$(TOOLS)/python -m tools.requirements

bench: setup .cache/bench/.done ## Compare with a bare FastAPI route and with fastapi-users; ARGS="--rounds 5"
	$(TOOLS)/python -m tools.bench $(ARGS)

races: setup ## Race requests over several workers; ARGS="--database postgresql --redis"
	$(TOOLS)/python -m tools.races $(ARGS)

faults: setup ## Kill workers, stop servers and fill pools under load; ARGS="--database postgresql --redis"
	$(TOOLS)/python -m tools.faults $(ARGS)

measure: setup ## Print the sizes of the rendered projects, and how long Copier takes for one
	$(TOOLS)/python -m tools.measure
	$(TOOLS)/python -m tools.times

pins: .venv/.done ## Bring the pinned requirements up to date
	$(TOOLS)/python -m tools.pins

release: setup lint ## Check, date the changelog, commit and tag; VERSION=1.2.3
	$(TOOLS)/python -m tools.release $(VERSION)
