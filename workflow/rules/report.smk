# What readers open: the papers' numbers beside ours, a summary to paste, the page of all results.


rule comparison:
    """The papers' printed numbers beside ours, cell by cell."""
    input:
        simulation="results/tables/simulation.csv",
        loss=f"{PAPER}/fig1a_loss.csv",
        sliced_w1=f"{PAPER}/fig1b_sw1.csv",
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
        "python {input.code[0]} --simulation {input.simulation} --loss {input.loss}"
        " --sliced-w1 {input.sliced_w1} --out {output} 2>&1 | tee {log}"


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
        "python {input.code[0]} --verdicts {input.verdicts} --comparison {input.comparison}"
        " --out {output} 2>&1 | tee {log}"


rule contents:
    """What the report says of each figure, from the rules that draw them, and the configuration."""
    output:
        "results/contents.json",
    params:
        contents=json.dumps(
            {"figures": [described(rule) for rule in figure_rules()], "config": config}, indent=1
        ),
    log:
        "results/logs/contents.log",
    run:
        Path(output[0]).write_text(params.contents)


rule report:
    """The page of all results: verdicts, figures, captions, code, hardware and times."""
    input:
        contents=rules.contents.output,
        figures=[rule.output for rule in figure_rules()],
        captions=[f"{CAPTIONS}/{rule.name}.rst" for rule in figure_rules()],
        verdicts="results/verdicts.csv",
        comparison="results/comparison.csv",
        records=[f"results/tables/{name}.meta.json" for name in CLAIM_TABLES],
        template=f"{CAPTIONS}/page.html",
        style=f"{CAPTIONS}/page.css",
        introductions=expand(f"{CAPTIONS}/paper_{{letter}}.rst", letter=["a", "b"]),
        code=code("render_report", *(f"claims/{name}" for name in CLAIM_MODULES)),
    output:
        "results/report.html",
    params:
        root=os.path.relpath(workflow.basedir),
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
        "python {input.code[0]} --contents {input.contents} --template {input.template}"
        " --style {input.style} --introductions {input.introductions}"
        " --verdicts {input.verdicts} --comparison {input.comparison} --records {input.records}"
        " --benchmarks results/benchmarks --root {params.root} --out {output} 2>&1 | tee {log}"
