# Everything a contributor does. The first use of any target makes .venv by itself.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# Three on two cores: a third of a run is waiting.
WORKERS := -n 3 --dist worksteal
# What tests leave for their next run is in the virtual environment: the source may be only to be read.
KEPT := -o cache_dir=.venv/.pytest_cache
# A run starts many processes: what the first compiled, the others read.
unexport PYTHONDONTWRITEBYTECODE
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.venv/.hypothesis

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.PHONY: help install demo test test-all lint bench audit lock
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
install: .venv/.installed  ## the virtual environment, with .venv/bin/lieu
demo: install  ## start everything on embedded servers with a made-up cohort, and stay up
	$(BIN)/lieu up --demo
test: install  ## the tests (a few minutes), on real embedded servers
	$(BIN)/pytest $(KEPT) $(WORKERS)
test-all: install  ## the tests with the slow ones: crashes, load, full size
	$(BIN)/pytest $(KEPT) -m '' $(WORKERS)
lint: install  ## style, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
bench: install  ## ratios against rivals and ceilings, in one run; NAMES="append loss" for some
	$(BIN)/python -m benchmarks $(NAMES)
audit:  ## known vulnerabilities of what is pinned; needs the network, and fails where it cannot ask
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@build/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock || \
	  { echo "Not clean, or not asked: pip-audit has no database of its own and needs pypi.org. Read what it says above."; exit 1; }
lock:  ## pin what pyproject.toml asks for (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev -o requirements.lock pyproject.toml
