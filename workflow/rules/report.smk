# From tables to what readers open: verdicts, the papers' numbers beside ours, a summary to paste, the
# page of all results.

CLAIM_MODULES = sorted(file.stem for file in Path(SCRIPTS).glob("flowbounds/claims/[ab]_*.py"))


def code_behind_input(name):
    """The code behind an input of a figure: none behind published values."""
    if name in TABLES:
        return code_behind(TABLES[name])
    if name == "dfm_samples":
        return code_behind("dfm_images")
    if name in ("samples", "showcase"):
        return code_behind("images")
    return IMAGE_CODE if name in ("codes", "dfm_codes") else []


def described(figure):
    """What the report says of a figure."""
    inputs = drawn_from(figure)
    return {
        "name": figure.name,
        "paper": figure.paper,
        "theorem": figure.theorem,
        "caption": f"{CAPTIONS}/{figure.name}.rst",
        "stems": [file.removesuffix(".csv") for file in drawn_to(figure)["csv"]],
        "inputs": [file for files in inputs.values() for file in as_list(files)],
        "code": code("plot", f"figures/{figure.name}"),
        "computed_by": sorted({file for name in inputs for file in code_behind_input(name)}),
    }


rule verdicts:
    """Every claim, judged from the tables."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        tables=expand("results/tables/{table}.csv", table=TABLES),
        code=code("judge_claims", *(f"claims/{name}" for name in CLAIM_MODULES)),
    output:
        table=report("results/verdicts.csv", caption="../report/verdicts.rst", category="Verdicts"),
        meta="results/verdicts.meta.json",
    params:
        scale=scale(),
    log:
        "results/logs/verdicts.log",
    benchmark:
        "results/benchmarks/verdicts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=20,
    shell:
        "python {input.code[0]:q} --tables {input.tables} --scale {params.scale}"
        " --out {output.table} 2>&1 | tee {log}"


rule comparison:
    """The papers' printed numbers beside ours, cell by cell."""
    input:
        simulation="results/tables/simulation.csv",
        loss=DRAWN_FROM["fig1a_loss"],
        sliced_w1=DRAWN_FROM["fig1b_sw1"],
        code=code("compare_with_papers"),
    output:
        "results/comparison.csv",
    log:
        "results/logs/comparison.log",
    benchmark:
        "results/benchmarks/comparison.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]:q} --simulation {input.simulation} --loss {input.loss:q}"
        " --sliced-w1 {input.sliced_w1:q} --out {output} 2>&1 | tee {log}"


rule summary:
    """Verdicts and comparison in Markdown, to paste into a review."""
    input:
        verdicts="results/verdicts.csv",
        comparison="results/comparison.csv",
        code=code("summarise"),
    output:
        "results/summary.md",
    log:
        "results/logs/summary.log",
    benchmark:
        "results/benchmarks/summary.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]:q} --verdicts {input.verdicts} --comparison {input.comparison}"
        " --out {output} 2>&1 | tee {log}"


rule contents:
    """What the report says of each figure, from the rules that draw them, and the configuration."""
    localrule: True
    output:
        "results/contents.json",
    params:
        contents=json.dumps(
            {"figures": [described(figure) for figure in figures()], "config": config}, indent=1
        ),
    log:
        "results/logs/contents.log",
    run:
        Path(output[0]).write_text(params.contents)


rule report:
    """The page of all results: verdicts, figures, captions, code, hardware and times."""
    input:
        contents=rules.contents.output,
        figures=pictures_of("Paper A") + pictures_of("Paper B"),
        captions=[f"{CAPTIONS}/{figure.name}.rst" for figure in figures()],
        verdicts="results/verdicts.csv",
        comparison="results/comparison.csv",
        records=expand("results/tables/{table}.meta.json", table=TABLES),
        template=f"{CAPTIONS}/page.html",
        style=f"{CAPTIONS}/page.css",
        introductions=expand(f"{CAPTIONS}/paper_{{letter}}.rst", letter=["a", "b"]),
        code=code("render_report", *(f"claims/{name}" for name in CLAIM_MODULES)),
    output:
        "results/report.html",
    params:
        root=os.path.relpath(ROOT),
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]:q} --contents {input.contents} --template {input.template:q}"
        " --style {input.style:q} --introductions {input.introductions:q}"
        " --verdicts {input.verdicts} --comparison {input.comparison} --records {input.records}"
        " --benchmarks results/benchmarks --root {params.root:q} --out {output} 2>&1 | tee {log}"
