# Short names for the commands of the course; each is one plain command, which Windows runs as it stands (README).

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PLATFORM ?=
PYVER ?= 3.12

.PHONY: lab env test notebooks check trainer datasets fonts bench pins wheelhouse

lab: env  ## open the course in JupyterLab on its start page
	$(BIN)/crmlab start

env: $(VENV)/.installed  ## the course's own environment, from the pins

$(VENV)/.installed: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps -e .
	touch $@

test: env  ## unit tests, gates, and every notebook run and compared with its stored outputs
	$(BIN)/python -m pytest -n 2

notebooks: env  ## build every notebook from course/
	$(BIN)/python course/build.py

check: env  ## stored notebooks match their sources, every gate is green, the code is tidy
	$(BIN)/python course/build.py --check
	$(BIN)/python course/gates.py
	$(BIN)/ruff check .

trainer: env  ## the edition with notes and solutions, into trainer/
	$(BIN)/python course/build.py --trainer

datasets: env  ## write the shipped companies anew, byte for byte
	$(BIN)/python -m crmlab.world

fonts:  ## make the bundled font anew, in an environment of its own
	$(PYTHON) -m venv .venv-fonts
	.venv-fonts/bin/python -m pip install -q "fonttools==4.68.0" "justmytype-intl-cjk==0.1.0"
	.venv-fonts/bin/python tools/make_fonts.py

bench: env  ## speed as ratios
	$(BIN)/python tools/bench.py

pins:  ## requirements*.txt from pyproject.toml; needs uv
	$(PYTHON) tools/pins.py

# For a room of Windows machines: make wheelhouse PLATFORM=win_amd64 PYVER=3.12
wheelhouse: env  ## a folder from which a room without internet installs
	$(BIN)/python tools/wheelhouse.py $(if $(PLATFORM),--platform $(PLATFORM) --python $(PYVER))
