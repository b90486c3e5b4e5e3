# Development of GeoGAN. `make` lists the targets. Everything runs from the repository root.

PYTHON := .venv/bin/python
VERSION := $(shell sed -n 's/^version=//p' metadata.txt)
PACKAGE := build/geogan-$(VERSION).zip

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench bench-quick bench-terrain bench-drainage bench-guided bench-bundled package pretrained translations clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup:  ## Install what is missing: QGIS and GDAL by apt, the Python environment .venv
	@.ci/system-packages
	@.ci/environment

demo: setup  ## Train two minutes on the sample DEM, then generate terrain into build/demo/
	@.ci/demo

test: setup  ## Run all tests
	@$(PYTHON) .ci/test

lint: setup  ## Check the code's rules and format
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

format: setup  ## Mend what ruff can mend
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

bench: setup  ## Measure speed, memory and the desktop's smoothness
	@$(PYTHON) test/bench

bench-quick: setup  ## Try whether all of `make bench` works, in some minutes; the figures mean nothing
	@$(PYTHON) test/bench --quick

bench-terrain: setup  ## Measure realism on landscapes: takes hours, needs DEMs
	@$(PYTHON) test/bench/terrain

bench-drainage: setup  ## Compare ways to make land drain: takes hours, needs DEMs
	@$(PYTHON) test/bench/drainage

bench-guided: setup  ## Measure Increase resolution, Fill voids and Terrain from a sketch: needs DEMs
	@$(PYTHON) test/bench/guided

bench-bundled: setup  ## Measure the realism, the grid and the novelty of the bundled model as it is: needs DEMs
	@$(PYTHON) test/bench/bundled

package:  ## Make the plugin's zip from the last commit
	@mkdir -p build
	@git archive --format=zip --prefix=geogan/ --output=$(PACKAGE) HEAD
	@echo "$(PACKAGE) is ready: QGIS, Plugins, Manage and Install Plugins, Install from ZIP."

pretrained: setup  ## Train the bundled model again: takes hours, needs the DEMs of resources/pretrained/layers.csv
	@$(PYTHON) .ci/pretrained

translations: setup  ## Collect the texts to translate into resources/i18n/geogan.ts
	@$(PYTHON) .ci/translations

clean:  ## Delete build/ and the tools' caches; keep .venv
	rm -rf build .pytest_cache .ruff_cache .hypothesis .qgis-settings
	find . -name .venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
