# Everything a newcomer types. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?=
MARK := $(VENV)/.installed

.PHONY: help demo test check bench format clean
.DEFAULT_GOAL := help

help:  ## Show what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(MARK)  ## Paint the sample pictures and say where they are
	@mkdir -p demo
	@echo "A black-and-white drawing and a colour scene become mixtures, and the mixtures paint them:"
	@$(BIN)/mixtura paint samples/dog.png --style all -o demo/dog.png
	@$(BIN)/mixtura paint samples/harbour.png --style mean,dots,ellipses -o demo/harbour.png -o demo/harbour.mix
	@echo "Open the pictures in $(CURDIR)/demo"

test: $(MARK)-test  ## Run the tests (DATA=folder adds those on real pictures)
	$(BIN)/python -m pytest $(if $(DATA),--data $(DATA))

check: $(MARK)-check  ## Lint, docstrings, types
	$(BIN)/ruff check src tests benchmarks samples
	$(BIN)/ruff format --check src tests benchmarks samples
	$(BIN)/mypy

format: $(MARK)-check  ## Bring the code into shape
	$(BIN)/ruff check --fix src tests benchmarks samples
	$(BIN)/ruff format src tests benchmarks samples

bench: $(MARK)  ## Measure against scikit-learn, answers first (QUICK=1; DATA=folder adds real pictures)
	$(BIN)/python benchmarks/run.py $(if $(QUICK),--quick) $(if $(DATA),--data $(DATA))

clean:  ## Remove what was installed and made
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Mixtura needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Use make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 2; }

$(MARK): pyproject.toml | $(VENV)/bin/python
	@echo "Installing Mixtura into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(MARK)-test: $(MARK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(MARK)-check: $(MARK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[check]'
	@touch $@
