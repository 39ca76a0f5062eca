# From tables to what readers open: verdicts, the papers' numbers beside ours, a summary to paste, the
# page of all results.


rule judge:
    """Every claim judged from the tables, how often the rule errs, other choices, and controls."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        tables=expand("results/tables/{table}.csv", table=TABLES) + list(READ_OFF.values()),
        code=JUDGE_CODE,
    output:
        verdicts=report("results/verdicts.csv", caption="../report/verdicts.rst", category="Verdicts"),
        calibration="results/calibration.csv",
        robustness="results/robustness.csv",
        controls="results/controls.csv",
        meta=expand("results/{name}.meta.json", name=["verdicts", "calibration", "robustness", "controls"]),
    params:
        scale=scale(config, CONFIG_SCHEMA, ROOT),
    log:
        "results/logs/judge.log",
    benchmark:
        "results/benchmarks/judge.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=30,
    shell:
        "python {input.code[0]:q} --tables {input.tables:q} --scale {params.scale}"
        " --verdicts {output.verdicts} --calibration {output.calibration}"
        " --robustness {output.robustness} --controls {output.controls} 2>&1 | tee {log}"


rule comparison:
    """The papers' printed numbers beside ours, cell by cell."""
    input:
        tables=["results/tables/simulation.csv", "results/tables/images.csv", *READ_OFF.values()],
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
        "python {input.code[0]:q} --tables {input.tables:q} --out {output} 2>&1 | tee {log}"


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
        figures=[file for paper in ("Verdicts", "Paper A", "Paper B") for file in pictures_of(paper)],
        captions=[f"{CAPTIONS}/{figure.name}.rst" for figure in figures()],
        judged=JUDGED,
        published=f"{PUBLISHED}/verdicts.csv",
        comparison="results/comparison.csv",
        records=expand("results/tables/{table}.meta.json", table=TABLES),
        dictionary=rules.dictionary.output.package,
        template=f"{CAPTIONS}/page.html",
        style=f"{CAPTIONS}/page.css",
        causes=f"{CAPTIONS}/causes.yaml",
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
        " --style {input.style:q} --causes {input.causes:q} --introductions {input.introductions:q}"
        " --judged {input.judged} --published {input.published:q} --comparison {input.comparison}"
        " --records {input.records} --dictionary {input.dictionary}"
        " --benchmarks results/benchmarks --root={params.root:q} --out {output} 2>&1 | tee {log}"
