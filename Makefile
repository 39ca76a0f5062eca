# Two commands do all the set-up on a fresh machine (Python 3.11 or later): make figures, make test.

PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
BIN := .venv/bin

.PHONY: figures test test-oldest bench publish check venv lock rulegraph clean

figures: venv  ## every figure and the report at the scale of config.yaml, into results
	$(BIN)/snakemake --cores $(CORES)
	@echo "The report: $(CURDIR)/results/report.html"

test: venv  ## style, then every test, the slow ones included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

PAPER := workflow/presets/paper.yaml

publish: venv  ## docs/paper-scale, out of a finished run at the paper's scale in results
	$(BIN)/python scripts/publish_results.py --configfile $(PAPER)

check: venv  ## which numbers of the run in results agree with the published ones
	$(BIN)/python scripts/check_replication.py

bench: venv  ## how fast it is, on a quiet machine: results/bench.csv, results/figures/bench_scaling.png
	$(BIN)/pip install --quiet --editable '.[bench]'
	$(BIN)/python -m pytest tests/test_benchmarks.py  # contenders are timed that agree
	$(BIN)/python -m benchmarks --cores $(CORES)

venv: $(BIN)/.ready  ## the environment alone, in .venv

# torch first and alone: an index may hold a build of this very version for the machine at hand
$(BIN)/.ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[test,slurm]'
	touch $@

# the lower bounds of pyproject.toml, laid over the environment's other packages
test-oldest: venv  ## every test with the oldest snakemake and pandas that are supported
	$(PYTHON) -m venv .venv/oldest
	$(BIN)/python -c "import site; print(*site.getsitepackages(), sep='\n')" \
	  > "$$(.venv/oldest/bin/python -c 'import site; print(site.getsitepackages()[0])')/newest.pth"
	.venv/oldest/bin/pip install --quiet --no-deps snakemake==9.20.0 pandas==2.2.3 pytz
	.venv/oldest/bin/python -m pytest --numprocesses 2 --dist loadfile

lock: venv  ## the exact versions in .venv, for machines with and without CUDA alike
	{ echo "# make lock wrote this: the versions that the tests passed with. To have them:"; \
	  echo "#   pip install -r workflow/requirements.lock"; \
	  $(BIN)/pip freeze --exclude-editable --exclude flowbounds \
	  | grep -E '^[^ @]+==' | grep -vE '^(nvidia|triton|cuda)' | sed 's/+.*//'; } \
	  > workflow/requirements.lock

rulegraph: venv  ## docs/rulegraph.svg, which rule needs which; wants dot, of Graphviz
	$(BIN)/python scripts/rule_graph.py docs/rulegraph.svg

clean:  ## results and Snakemake's records of them; not the environment
	rm -rf .snakemake
	find results -mindepth 1 ! -name .gitkeep -delete
