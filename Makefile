# Unrolled. `make lab` opens the course, `make test` proves it. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help lab test notebooks bench lint format clean

BIN := .venv/bin
READY := .venv/ready
# Threads that spin make a busy laptop ten times slower; the echo of widget messages costs a third of their speed.
export OMP_WAIT_POLICY := PASSIVE
export GOMP_SPINCOUNT := 0
export JUPYTER_WIDGETS_ECHO := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
LAB_FLAGS ?=

help:  ## this list
	@grep -hE '^[a-z]+: .*##' Makefile | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

lab: $(READY)  ## open JupyterLab on the first lesson
	@mkdir -p .venv/lab-settings/@jupyterlab/apputils-extension
	@echo '{"fetchNews": "false", "checkForUpdates": false}' > .venv/lab-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings
	JUPYTERLAB_SETTINGS_DIR="$$PWD/.venv/lab-settings" $(BIN)/jupyter lab $(LAB_FLAGS) notebooks/00_start_here.ipynb

test: $(READY)  ## lint, stale notebooks, every test; in the browser too where there is one
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python notebooks/build.py --check
	$(BIN)/python -m pytest -p no:cacheprovider -q --durations=8 $(TEST_FLAGS)

notebooks: $(READY)  ## build the notebooks from notebooks/source
	$(BIN)/python notebooks/build.py

bench: $(READY)  ## measure ours beside plotly's widget and matplotlib
	@$(MAKE) --no-print-directory .venv/bench
	$(BIN)/python -m benchmarks.latency

lint: $(READY)  ## look for faults of style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(READY)  ## mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:  ## forget the environment
	rm -rf .venv *.egg-info build

$(READY): pyproject.toml constraints.txt .ci/setup.sh
	@bash .ci/setup.sh test
	@touch $(READY)

.venv/bench: $(READY)
	@bash .ci/setup.sh test,bench
	@touch .venv/bench
