# Every target makes the virtual environment it needs. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := inference datasets training experiments configs
export OMP_NUM_THREADS ?= 1

.PHONY: help demo test test-corpora test-system system-packages check bench model clean

help:
	@echo "make demo          train on the shipped sample, tag the demo articles with the shipped model"
	@echo "make test          run the tests that need nothing but this repository"
	@echo "make test-corpora  run the tests that read the public corpora (set KHABAR_MIRROR)"
	@echo "make test-system   run the tests in Chromium, against PostgreSQL and in Spark; root installs what is missing"
	@echo "make check         ruff, mypy, import-linter"
	@echo "make bench         speed, as ratios to scikit-learn and fastText"
	@echo "make model         train the model that ships (set KHABAR_MIRROR)"

# One step from a bare Python: the environment, the compiled kernel, everything for training and testing.
$(VENV)/ready: pyproject.toml constraints.txt inference/_kernel.pyx inference/_tables.hpp inference/_text.hpp inference/_features.hpp inference/_counts.hpp inference/_kernel.hpp training/_solver.pyx training/_solver.hpp
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[train,dev]'
	@touch $@

demo: $(VENV)/ready
	$(BIN)/python -m khabar.experiments.demo

test: $(VENV)/ready
	$(BIN)/pytest

test-corpora: $(VENV)/ready
	@test -n "$(KHABAR_MIRROR)" || { echo "set KHABAR_MIRROR to the folder of the corpora" >&2; exit 2; }
	KHABAR_MIRROR=$(abspath $(KHABAR_MIRROR)) $(BIN)/pytest -m corpora

# What the tests marked `system` run beside Python. Debian's packages: root gets those that are missing, others are told.
system-packages:
	@missing=; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v java >/dev/null || missing="$$missing openjdk-17-jre-headless"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "missing for make test-system:$$missing. On Debian: sudo apt-get install$$missing" >&2; exit 2; \
	fi; \
	apt-get -q -o Acquire::Retries=3 update && \
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends $$missing

$(VENV)/ready-system: $(VENV)/ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[train,dev,system]'
	@touch $@

test-system: $(VENV)/ready-system system-packages
	$(BIN)/pytest -m system

# mypy does not follow editable installs: it gets the packages under their names as links.
check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@mkdir -p build/types/khabar
	@for p in $(PACKAGES); do ln -sfn $(CURDIR)/$$p build/types/khabar/$$p; done
	MYPYPATH=build/types $(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[train,dev,bench]'
	$(BIN)/khabar bench

model: $(VENV)/ready
	$(BIN)/khabar train khabar --output inference/models/khabar.safetensors --card inference/models/README.md

clean:
	rm -rf build dist *.egg-info $(VENV) .mypy_cache .pytest_cache .ruff_cache demo inference/*.so inference/_kernel.cpp training/*.so training/_solver.cpp
