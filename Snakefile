# flowbounds: rebuilds the plots of two theory papers on flow matching and tests their claims.
#
#   snakemake --cores 2                       everything at the quick scale
#   snakemake --cores 2 a_fig1_global_view    one figure and what it needs
#   snakemake -n                              what would run, and why
#
# Data flow, one way: data -> train -> sample and measure -> table -> figure, verdict.

from snakemake.utils import min_version

min_version("9.20")


report: "workflow/report/workflow.rst"


include: "workflow/rules/config.smk"  # config.yaml and what is laid over it, checked
include: "workflow/rules/common.smk"  # paths, helpers, what there is to compute
include: "workflow/rules/recovery.smk"  # takes up what a killed run left
include: "workflow/rules/parts.smk"  # files, code and costs behind each rule
include: "workflow/rules/chain.smk"  # populations, draws, training, sampling
include: "workflow/rules/measurements.smk"  # a rule per experiment; tables and their dictionary
include: "workflow/rules/figures.smk"  # a rule per figure
include: "workflow/rules/report.smk"  # verdicts, comparison, summary, the page of all results


onstart:
    without_rate_limit()
    jobs = [(job.rule.name, job.benchmark) for job in workflow.dag.needrun_jobs()]
    print(announcement(jobs, workflow.resource_settings.cores), file=sys.stderr)


onerror:
    print(*(explanation(Path(file).read_text()) for file in log), sep="\n", file=sys.stderr)


rule paper_a:
    localrule: True
    input:
        pictures_of("Paper A"),
        "results/tables/assumptions.csv",


rule paper_b:
    localrule: True
    input:
        pictures_of("Paper B"),


rule all:
    default_target: True
    localrule: True
    input:
        rules.paper_a.input,
        rules.paper_b.input,
        rules.dictionary.output,
        pictures_of("Verdicts"),
        rules.judge.output,
        rules.summary.output,
        rules.report.output,
