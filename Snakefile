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
include: "workflow/rules/common.smk"  # paths, helpers
include: "workflow/rules/recovery.smk"  # takes up what a killed run left
include: "workflow/rules/costs.smk"  # operations, minutes, megabytes of a job
include: "workflow/rules/data.smk"  # populations and what each repeat draws from them
include: "workflow/rules/networks.smk"  # training, sampling, measuring, tables
include: "workflow/rules/theory.smk"  # theorems: linearised dynamics, Gram matrix, conditions
include: "workflow/rules/generalization.smk"  # Theorems 3.3 and 3.5, Lemmas 3.4 and C.1
include: "workflow/rules/dfm.smk"  # paper B, exact laws
include: "workflow/rules/verdicts.smk"  # what each claim says and whether it held
include: "workflow/rules/figures.smk"  # one rule a figure
include: "workflow/rules/dfm_learned.smk"  # paper B with learned drifts: targets and images
include: "workflow/rules/report.smk"  # what readers open; last, because it is about all figures


onstart:
    jobs = [(job.rule.name, job.benchmark) for job in workflow.dag.needrun_jobs()]
    print(announcement(jobs, workflow.resource_settings.cores), file=sys.stderr)


onerror:
    print(*(explanation(Path(file).read_text()) for file in log), sep="\n", file=sys.stderr)


localrules:
    all,
    contents,
    paper_a,
    paper_b,


rule paper_a:
    input:
        rules.a_fig1_global_view.output,
        rules.a_fig2_generated_images.output,
        rules.a_fig3_loss_trajectories.output,
        rules.a_fig4_sliced_w1_trajectories.output,
        rules.a_fig5_image_dynamics.output,
        rules.a_fig6_7_sample_grids.output,
        rules.a_lemma31_gram_spectrum.output,
        rules.a_thm32_linear_rate.output,
        rules.a_thm32_ntk_limit.output,
        rules.a_lemmaA2_weight_movement.output,
        rules.assumptions_table.output,
        rules.a_thm33_generalization.output,
        rules.a_lemma34_rademacher.output,
        rules.a_thm35_sampling.output,
        rules.a_lemmaC1_sup_norm.output,


rule paper_b:
    input:
        rules.b_thm2_step_size.output,
        rules.b_thm2_drift_error.output,
        rules.b_thm2_dimension.output,
        rules.b_thm2_moments.output,
        rules.b_thm3_early_stopping.output,
        rules.b_learned_drift.output,
        rules.b_images.output,


rule all:
    default_target: True
    input:
        rules.paper_a.input,
        rules.paper_b.input,
        rules.verdicts.output,
        rules.summary.output,
        rules.report.output,
