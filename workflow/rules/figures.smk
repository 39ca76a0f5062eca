# A rule per figure, named as it: results/figures/<name>.png and .pdf, and the very numbers drawn in
# <name>.csv. What a figure needs is what its function draw takes; a figure needs tables and samples
# only, so that editing its code retrains nothing. It shows the verdicts of the claims about it, so that
# it is drawn again when the modules that make them change.


for figure in figures():

    rule:
        name:
            figure.name
        localrule: True  # seconds long: not worth a job on a cluster
        input:
            **drawn_from(figure),
            code=code(
                "plot", f"figures/{figure.name}", *(f"claims/{name}" for name in figure.judged_by)
            ),
        output:
            **drawn_to(figure),
        params:
            figure=figure.name,
            inputs=named("--input"),
            settings=" ".join(f"--setting {key} {SETTINGS[key]}" for key in figure.inputs if key in SETTINGS),
        log:
            f"results/logs/figures/{figure.name}.log",
        benchmark:
            f"results/benchmarks/figures/{figure.name}.tsv"
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        shell:
            "python {input.code[0]:q} {params.figure} {params.inputs} {params.settings}"
            " --folder results/figures 2>&1 | tee {log}"
