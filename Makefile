# make demo, make test: nothing else is needed on a machine with git, make and Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test test-all check cover bench docs schemas lock clean

$(VENV)/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("vertebro needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Call make with PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	@echo "· setting up $(VENV): this downloads the libraries once and takes a minute or two"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(VENV)/ready

demo: setup
	$(BIN)/vertebro demo -o out/demo

test: setup check
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow"

test-all: setup check
	$(BIN)/pytest -n 2 --dist worksteal

check: setup
	$(BIN)/ruff check src tests benchmarks docs/examples
	$(BIN)/ruff format --check src tests benchmarks docs/examples
	$(BIN)/mypy

# every line and branch of the vocabulary and of the guidelines, by the tests of these two floors
cover: setup
	$(BIN)/pytest tests/vocabulary tests/guidelines -n 2 -q --cov=src/vertebro/vocabulary --cov=src/vertebro/guidelines \
	  --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

bench: setup
	$(BIN)/pytest benchmarks --benchmark-only -p no:xdist

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

schemas: setup
	$(BIN)/python -m vertebro.formats.schemas docs/schema

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet \
	  --extra dev --extra docs pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .hypothesis
