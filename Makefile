# Two commands do all the set-up on a fresh machine (Python 3.11 or later): make figures, make test.

PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
BIN := .venv/bin

.PHONY: figures test venv clean

figures: venv  ## every figure and the report at the scale of config.yaml, into results
	$(BIN)/snakemake --cores $(CORES)
	@echo "The report: $(CURDIR)/results/report.html"

test: venv  ## style, then every test, the slow ones included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

venv: $(BIN)/.ready  ## the environment alone, in .venv

# torch first and alone: an index may hold a build of this very version for the machine at hand
$(BIN)/.ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@

clean:  ## results and Snakemake's records of them; not the environment
	rm -rf .snakemake
	find results -mindepth 1 ! -name .gitkeep -delete
