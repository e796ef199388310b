# Everything a newcomer types. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?=
CODE := src tests benchmarks samples examples docs/conf.py docs/_ext
SCRIPTS := src/mixtura/studio/web src/mixtura/pictures/page tests/studio/js
MARK := $(VENV)/.installed
# The versions that all agree on; `make ... CONSTRAINTS=` takes the newest instead.
CONSTRAINTS ?= constraints.txt
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))
UV := $(BIN)/python -m uv

.PHONY: help demo studio studio-images cluster-demo test conformance check types dist lowest constraints bench docs format images clean
.DEFAULT_GOAL := help

help:  ## Show what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(MARK)  ## Paint the sample pictures and say where they are
	@mkdir -p demo
	@echo "A black-and-white drawing and a colour scene become mixtures, and the mixtures paint them:"
	@$(BIN)/mixtura paint samples/dog.png --style all -o demo/dog.png & first=$$!; \
	  $(BIN)/mixtura paint samples/harbour.png --style mean,dots,ellipses -o demo/harbour.png -o demo/harbour.mix && \
	  $(BIN)/mixtura paint samples/harbour.png -k 2000 -o demo/harbour.html && \
	  $(BIN)/mixtura paint demo/harbour.mix -o demo/harbour.svg && \
	  $(BIN)/mixtura paint demo/harbour.mix --film loop -o demo/harbour.gif && \
	  wait $$first
	@echo "Open the pictures in $(CURDIR)/demo, and harbour.html in a browser"

studio: $(MARK)-studio  ## Open the studio on a sample picture, in the browser (FILE=picture, table or model opens another)
	@echo "The studio opens in the browser, or at the address below; Ctrl-C ends it"
	@$(BIN)/mixtura studio $(or $(FILE),samples/harbour.png) -k 300 || test $$? = 130

cluster-demo: $(MARK)-cluster  ## Fit 20 million points on a Dask cluster on this machine, and show how fast
	@$(BIN)/python benchmarks/cluster_demo.py

test: $(MARK)-test  ## Run the tests (DATA=folder adds those on real pictures)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(if $(DATA),--data $(DATA))

conformance: $(MARK)-test  ## Run scikit-learn's own tests with our estimators
	$(BIN)/python tests/conformance/suites.py

check: $(MARK)-check  ## Lint, docstrings, types, scripts
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/oxlint --deny-warnings $(SCRIPTS)

types: $(MARK)-types  ## Count how much of the public interface has types (99 % at least)
	$(BIN)/python tests/release/typed.py

dist: $(MARK)-dist  ## Build the wheel and the sdist, check them, and try the wheel in a clean environment
	$(BIN)/python tests/release/build.py

lowest: $(MARK)-resolve  ## Run the tests with the lowest versions that pyproject.toml allows (TESTS=files runs some)
	@rm -rf build/lowest && mkdir -p build
	$(UV) venv --quiet --python $(BIN)/python build/lowest
	$(UV) pip compile --quiet --resolution lowest-direct --python $(BIN)/python --all-extras --group test pyproject.toml -o build/lowest.txt
	$(UV) pip sync --quiet --python build/lowest/bin/python build/lowest.txt
	$(UV) pip install --quiet --no-deps --python build/lowest/bin/python -e .
	build/lowest/bin/python -m pytest -W ignore::DeprecationWarning -W ignore::FutureWarning -W ignore::SyntaxWarning -W "ignore:X does not have valid feature names" -W "ignore:Running on a single-machine scheduler" -n auto --maxprocesses 4 --dist loadfile $(TESTS)

constraints: $(MARK)-resolve  ## Take the newest versions into constraints.txt
	$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --strip-extras --no-annotate --custom-compile-command "make constraints" --all-extras $(foreach group,test check docs dist types resolve,--group $(group)) pyproject.toml -o constraints.txt

format: $(MARK)-check  ## Bring the code into shape
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(MARK)-test  ## Measure against scikit-learn, answers first (QUICK=1; DATA=folder adds real pictures)
	$(BIN)/python benchmarks/run.py $(if $(QUICK),--quick) $(if $(DATA),--data $(DATA))
	$(BIN)/python benchmarks/never.py $(if $(QUICK),--quick)
	$(if $(QUICK),,$(BIN)/python benchmarks/never.py --threads 1)
	$(if $(QUICK),,$(BIN)/python benchmarks/never.py --avx2)
	$(BIN)/python benchmarks/whole.py $(if $(QUICK),--quick) $(if $(DATA),--data $(DATA))
	$(BIN)/python benchmarks/growth.py $(if $(QUICK),--quick)
	$(BIN)/python benchmarks/iterations.py $(if $(QUICK),--quick)
	$(BIN)/python benchmarks/momentum.py $(if $(QUICK),--quick)
	$(BIN)/python benchmarks/asking.py $(if $(QUICK),--quick)
	$(BIN)/python benchmarks/stream.py $(if $(QUICK),--quick)
	$(BIN)/python benchmarks/cluster.py $(if $(QUICK),--quick)

docs: $(MARK)-docs  ## Build the site: guide, tutorials, gallery, reference (DATA=folder adds pictures to the gallery)
	@rm -rf site docs/api docs/gallery docs/pages build/doctrees jupyter_execute
	@MIXTURA_DATA=$(DATA) $(BIN)/python -m sphinx -b html -W --keep-going -q -d build/doctrees docs site
	@echo "Open $(CURDIR)/site/index.html"

images: $(MARK)  ## Paint the pictures of the README again
	@for i in harbour butterfly; do $(BIN)/python -c "from PIL import Image; i = Image.open('samples/$$i.png').convert('RGB'); i.thumbnail((400, 400)); i.save('docs/images/$$i.webp', quality=85)"; done
	@$(BIN)/mixtura paint samples/harbour.png --style mean,dots,ellipses --size 400 -o docs/images/harbour.webp
	@$(BIN)/mixtura paint samples/butterfly.png -k 2000 --style grid --tone gamma:0.7 --size 400 -o docs/images/butterfly-grid.webp -o docs/images/butterfly.mix
	@$(BIN)/mixtura paint docs/images/butterfly.mix --style contour --colours psychedelic --size 400 -o docs/images/butterfly-contour.webp
	@$(BIN)/mixtura paint docs/images/butterfly.mix --style dots --size 400 -o docs/images/butterfly-dots.webp
	@$(BIN)/mixtura paint samples/harbour.png --no-polish --size 400 -o docs/images/harbour-fit.webp
	@$(BIN)/mixtura paint samples/dog.png --size 400 -o docs/images/dog-fit.webp
	@$(BIN)/mixtura paint samples/dog.png --polish --size 400 -o docs/images/dog-polished.webp
	@$(BIN)/mixtura paint samples/harbour.png -k 300 -o docs/images/harbour.svg
	@$(BIN)/mixtura paint samples/harbour.png --film em --size 300 --seconds 4 --fps 10 -o docs/images/harbour-em.webp -o docs/images/harbour.mix
	@$(BIN)/mixtura paint docs/images/harbour.mix --film loop --samples 8000 --size 300 --seconds 3 --fps 12 -o docs/images/harbour-loop.webp
	@$(BIN)/mixtura morph samples/dog.png samples/butterfly.png -k 500 --there-and-back --size 260 --frames 24 -o docs/images/dog-butterfly.webp
	@for n in 30 300 1000; do $(BIN)/mixtura encode samples/harbour.png --bytes $$n -o docs/images/harbour.gmx && $(BIN)/mixtura decode docs/images/harbour.gmx --size 400 -o docs/images/harbour-$$n.webp; done
	@rm docs/images/butterfly.mix docs/images/harbour.mix docs/images/harbour.gmx

studio-images: $(MARK)-test $(MARK)-studio  ## Take the pictures of the studio again, in Chromium
	@$(BIN)/python docs/studio_shots.py

clean:  ## Remove what was installed and made
	rm -rf $(VENV) demo build dist site docs/api docs/gallery docs/pages jupyter_execute .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Mixtura needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1). Use make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 2; }

$(MARK): pyproject.toml $(CONSTRAINTS) | $(VENV)/bin/python
	@echo "Installing Mixtura into $(VENV) ..."
	@$(PIP) --upgrade 'pip>=25.1'  # which knows groups
	@$(PIP) -e .
	@touch $@

# What each task needs: extras for users, groups for us.
$(MARK)-test: INSTALLED = -e '.[plots,notebook,studio,tables,stream,cluster]' --group test
$(MARK)-cluster: INSTALLED = -e '.[cluster]' bokeh
$(MARK)-studio: INSTALLED = -e '.[studio]'
$(MARK)-check: INSTALLED = -e '.[plots,notebook,studio]' --group check
$(MARK)-docs: INSTALLED = -e '.[plots,compare]' --group docs
$(MARK)-dist: INSTALLED = --group dist
$(MARK)-types: INSTALLED = -e '.[plots,notebook,studio]' --group types
$(MARK)-resolve: INSTALLED = --group resolve

$(MARK)-%: $(MARK)
	@$(PIP) $(INSTALLED)
	@touch $@
