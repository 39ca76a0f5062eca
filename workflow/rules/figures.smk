# One rule a figure. Each draws results/figures/<rule>.png and .pdf, and writes the very numbers drawn
# to <rule>.csv. A figure needs tables and samples only: editing its code retrains nothing.


rule a_fig1_global_view:
    """Loss and sliced W1 against the dimension, as plotted and as captioned."""
    input:
        simulation="results/tables/simulation.csv",
        loss=f"{PAPER}/fig1a_loss.csv",
        sliced_w1=f"{PAPER}/fig1b_sw1.csv",
        code=figure_code("a_fig1_global_view"),
    output:
        **figure("a_fig1_global_view", "Experiments"),
    params:
        arguments=figure_arguments,
        settings="",
    log:
        "results/logs/figures/a_fig1_global_view.log",
    benchmark:
        "results/benchmarks/figures/a_fig1_global_view.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]} {params.arguments} {params.settings}"
        " --folder results/figures 2>&1 | tee {log}"


use rule a_fig1_global_view as a_fig2_generated_images with:
    input:
        samples=[
            path
            for dataset in config["images"]["datasets"]
            for path in samples_of(dataset, [config["images"]["showcase"]["m"]])
        ],
        codes=expand(rules.image_codes.output, dataset=config["images"]["datasets"]),
        code=figure_code("a_fig2_generated_images", "figures/mosaic", "codes"),
    output:
        **figure("a_fig2_generated_images", "Experiments"),
    params:
        arguments=figure_arguments,
        settings=f"--setting eta {config['images']['showcase']['eta']}",
    log:
        "results/logs/figures/a_fig2_generated_images.log",
    benchmark:
        "results/benchmarks/figures/a_fig2_generated_images.tsv"


use rule a_fig1_global_view as a_fig3_loss_trajectories with:
    input:
        simulation="results/tables/simulation.csv",
        code=figure_code("a_fig3_loss_trajectories", "figures/trajectory_grid"),
    output:
        **figure("a_fig3_loss_trajectories", "Experiments"),
    log:
        "results/logs/figures/a_fig3_loss_trajectories.log",
    benchmark:
        "results/benchmarks/figures/a_fig3_loss_trajectories.tsv"


use rule a_fig1_global_view as a_fig4_sliced_w1_trajectories with:
    input:
        simulation="results/tables/simulation.csv",
        code=figure_code("a_fig4_sliced_w1_trajectories", "figures/trajectory_grid"),
    output:
        **figure("a_fig4_sliced_w1_trajectories", "Experiments"),
    log:
        "results/logs/figures/a_fig4_sliced_w1_trajectories.log",
    benchmark:
        "results/benchmarks/figures/a_fig4_sliced_w1_trajectories.tsv"


use rule a_fig1_global_view as a_fig5_image_dynamics with:
    input:
        images="results/tables/images.csv",
        code=figure_code("a_fig5_image_dynamics"),
    output:
        **figure("a_fig5_image_dynamics", "Experiments"),
    log:
        "results/logs/figures/a_fig5_image_dynamics.log",
    benchmark:
        "results/benchmarks/figures/a_fig5_image_dynamics.tsv"


use rule a_fig1_global_view as a_fig6_7_sample_grids with:
    input:
        samples=cells("images", rules.sample.output.samples),
        codes=expand(rules.image_codes.output, dataset=config["images"]["datasets"]),
        code=figure_code("a_fig6_7_sample_grids", "figures/mosaic", "codes"),
    output:
        **figure("a_fig6_7_sample_grids", "Experiments", [f"_{name}" for name in config["images"]["datasets"]]),
    log:
        "results/logs/figures/a_fig6_7_sample_grids.log",
    benchmark:
        "results/benchmarks/figures/a_fig6_7_sample_grids.tsv"


use rule a_fig1_global_view as a_lemma31_gram_spectrum with:
    input:
        ntk_spectrum="results/tables/ntk_spectrum.csv",
        code=figure_code("a_lemma31_gram_spectrum", "datasets"),
    output:
        **figure("a_lemma31_gram_spectrum", "Lemma 3.1"),
    log:
        "results/logs/figures/a_lemma31_gram_spectrum.log",
    benchmark:
        "results/benchmarks/figures/a_lemma31_gram_spectrum.tsv"


use rule a_fig1_global_view as a_thm32_linear_rate with:
    input:
        ntk="results/tables/ntk.csv",
        ntk_modes="results/tables/ntk_modes.csv",
        code=figure_code("a_thm32_linear_rate", "linearisation", "kernel"),
    output:
        **figure("a_thm32_linear_rate", "Theorem 3.2"),
    log:
        "results/logs/figures/a_thm32_linear_rate.log",
    benchmark:
        "results/benchmarks/figures/a_thm32_linear_rate.tsv"


use rule a_fig1_global_view as a_thm32_ntk_limit with:
    input:
        ntk="results/tables/ntk.csv",
        code=figure_code("a_thm32_ntk_limit", "claims/base"),
    output:
        **figure("a_thm32_ntk_limit", "Theorem 3.2"),
    log:
        "results/logs/figures/a_thm32_ntk_limit.log",
    benchmark:
        "results/benchmarks/figures/a_thm32_ntk_limit.tsv"


use rule a_fig1_global_view as a_lemmaA2_weight_movement with:
    input:
        ntk="results/tables/ntk.csv",
        code=figure_code("a_lemmaA2_weight_movement", "claims/base"),
    output:
        **figure("a_lemmaA2_weight_movement", "Lemmas A.2 and B.3"),
    log:
        "results/logs/figures/a_lemmaA2_weight_movement.log",
    benchmark:
        "results/benchmarks/figures/a_lemmaA2_weight_movement.tsv"


use rule a_fig1_global_view as a_thm33_generalization with:
    input:
        generalization="results/tables/generalization.csv",
        code=figure_code("a_thm33_generalization", "figures/loglog", "claims/base"),
    output:
        **figure("a_thm33_generalization", "Theorem 3.3"),
    log:
        "results/logs/figures/a_thm33_generalization.log",
    benchmark:
        "results/benchmarks/figures/a_thm33_generalization.tsv"


use rule a_fig1_global_view as a_lemma34_rademacher with:
    input:
        generalization="results/tables/generalization.csv",
        code=figure_code("a_lemma34_rademacher", "figures/loglog"),
    output:
        **figure("a_lemma34_rademacher", "Theorem 3.3"),
    log:
        "results/logs/figures/a_lemma34_rademacher.log",
    benchmark:
        "results/benchmarks/figures/a_lemma34_rademacher.tsv"


use rule a_fig1_global_view as a_thm35_sampling with:
    input:
        sampling="results/tables/sampling.csv",
        code=figure_code("a_thm35_sampling", "figures/loglog", "claims/base"),
    output:
        **figure("a_thm35_sampling", "Theorem 3.5"),
    log:
        "results/logs/figures/a_thm35_sampling.log",
    benchmark:
        "results/benchmarks/figures/a_thm35_sampling.tsv"


use rule a_fig1_global_view as a_lemmaC1_sup_norm with:
    input:
        sup_norm="results/tables/sup_norm.csv",
        code=figure_code("a_lemmaC1_sup_norm", "figures/loglog"),
    output:
        **figure("a_lemmaC1_sup_norm", "Theorem 3.5"),
    log:
        "results/logs/figures/a_lemmaC1_sup_norm.log",
    benchmark:
        "results/benchmarks/figures/a_lemmaC1_sup_norm.tsv"


use rule a_fig1_global_view as b_thm2_step_size with:
    input:
        dfm_discretization="results/tables/dfm_discretization.csv",
        code=figure_code("b_thm2_step_size", "figures/targets", "claims/base"),
    output:
        **figure("b_thm2_step_size", "Theorem 2"),
    log:
        "results/logs/figures/b_thm2_step_size.log",
    benchmark:
        "results/benchmarks/figures/b_thm2_step_size.tsv"


use rule a_fig1_global_view as b_thm2_drift_error with:
    input:
        dfm_drift_error="results/tables/dfm_drift_error.csv",
        code=figure_code("b_thm2_drift_error", "figures/targets", "claims/base"),
    output:
        **figure("b_thm2_drift_error", "Theorem 2"),
    log:
        "results/logs/figures/b_thm2_drift_error.log",
    benchmark:
        "results/benchmarks/figures/b_thm2_drift_error.tsv"


use rule a_fig1_global_view as b_thm2_dimension with:
    input:
        dfm_dimension="results/tables/dfm_dimension.csv",
        code=figure_code("b_thm2_dimension", "figures/targets", "claims/base"),
    output:
        **figure("b_thm2_dimension", "Theorem 2"),
    log:
        "results/logs/figures/b_thm2_dimension.log",
    benchmark:
        "results/benchmarks/figures/b_thm2_dimension.tsv"


use rule a_fig1_global_view as b_thm2_moments with:
    input:
        dfm_moments="results/tables/dfm_moments.csv",
        code=figure_code("b_thm2_moments", "figures/targets", "claims/base"),
    output:
        **figure("b_thm2_moments", "Theorem 2"),
    log:
        "results/logs/figures/b_thm2_moments.log",
    benchmark:
        "results/benchmarks/figures/b_thm2_moments.tsv"


use rule a_fig1_global_view as b_thm3_early_stopping with:
    input:
        dfm_early_stopping="results/tables/dfm_early_stopping.csv",
        code=figure_code("b_thm3_early_stopping", "figures/targets", "claims/base"),
    output:
        **figure("b_thm3_early_stopping", "Theorem 3"),
    log:
        "results/logs/figures/b_thm3_early_stopping.log",
    benchmark:
        "results/benchmarks/figures/b_thm3_early_stopping.tsv"
