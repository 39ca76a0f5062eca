"""Every fault of a configuration is one line that names the key, before any job."""

import copy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from flowbounds.config import ConfigError, check, explain

REPOSITORY = Path(__file__).parents[1]
SCHEMA = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text())
CONFIG = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
PAPER = yaml.safe_load((REPOSITORY / "workflow/presets/paper.yaml").read_text())


def laid_over(changes: dict) -> dict:
    config = copy.deepcopy(CONFIG)
    for part, values in changes.items():
        if isinstance(values, dict):
            config.setdefault(part, {}).update(values)
        else:
            config[part] = values
    return config


def fault(config: dict) -> str:
    error = best_match(Draft202012Validator(SCHEMA).iter_errors(config))
    if error:
        return explain(error)
    with pytest.raises(ConfigError) as raised:
        check(config)
    return str(raised.value)


@pytest.mark.parametrize("changes", [{}, PAPER], ids=["quick", "paper"])
def test_what_we_ship_is_valid(changes):
    config = laid_over(changes)
    assert not list(Draft202012Validator(SCHEMA).iter_errors(config))
    check(config)


def test_the_schema_is_closed_and_says_what_each_key_means():
    def walk(schema, path):
        if "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].split("/")[-1]]
        assert "description" in schema or "enum" in schema or path == "", path
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False, path
            for name, part in schema["properties"].items():
                walk(part, f"{path}.{name}")

    walk(SCHEMA, "")


def test_config_yaml_spells_out_the_defaults():
    """Whoever reads config.yaml sees every setting: what the schema would add is there already."""
    for part, schema in SCHEMA["properties"].items():
        assert set(CONFIG[part]) == set(schema["properties"]), part


def test_defaults_are_the_papers():
    from snakemake.utils import validate

    required = {part: schema.get("required", []) for part, schema in SCHEMA["properties"].items()}
    config = {part: {key: values[key] for key in required[part]} for part, values in CONFIG.items()}
    validate(config, str(REPOSITORY / "workflow/schemas/config.schema.yaml"))
    expected = laid_over({"images": {"n_test": 2000}})
    assert config == expected


@pytest.mark.parametrize(
    ("changes", "key", "allowed"),
    [
        ({"simulaton": {}}, "unknown key simulaton", "simulation"),
        ({"simulation": {"widths": [16]}}, "unknown key widths in simulation", "m"),
        ({"simulation": {"m": []}}, "simulation.m", "at least one"),
        ({"simulation": {"m": 16}}, "simulation.m", "a list"),
        ({"simulation": {"m": [16, 16]}}, "simulation.m", "none twice"),
        ({"simulation": {"m": [16, 0]}}, "simulation.m[1]", "from 1"),
        ({"simulation": {"d": [2.5]}}, "simulation.d[0]", "a whole number"),
        ({"simulation": {"eta": ["1e-4"]}}, "simulation.eta[0]", "1.0e-4"),
        ({"simulation": {"eta": [-0.1]}}, "simulation.eta[0]", "above 0"),
        ({"simulation": {"seeds": True}}, "simulation.seeds", "a whole number"),
        ({"simulation": {"seeds": None}}, "simulation.seeds", "a whole number"),
        ({"simulation": {"kappa": 0}}, "simulation.kappa", "above 0"),
        ({"simulation": {"b1": "ten"}}, "simulation.b1", "above 0"),
        ({"simulation": {"schedule": "cosine"}}, "simulation.schedule", "trigonometric"),
        ({"simulation": {"checkpoint_every": 7}}, "simulation.checkpoint_every", "divide"),
        ({"simulation": {"n_test": 499}}, "simulation.n_test", "n_train"),
        ({"run": {"dtype": "float16"}}, "run.dtype", "float64"),
        ({"run": {"device": "tpu"}}, "run.device", "cuda"),
        ({"run": []}, "run", "computed with"),
        ({"data": {"root": ""}}, "data.root", "folder"),
        ({"images": {"datasets": ["imagenet"]}}, "images.datasets[0]", ""),
        ({"images": {"datasets": []}}, "images.datasets", "cifar10"),
        ({"images": {"components": 65}}, "images.components = 65", "only 64"),
        ({"images": {"n_train": 898, "n_test": 900}}, "images.n_train = 898", "only 897"),
        ({"images": {"n_test": 901}}, "images.n_test = 901", "digits has only 900 test images"),
        ({"images": {"showcase": {"m": 32, "eta": 1e-2}}}, "images.showcase.m", "[128, 512]"),
        ({"images": {"showcase": {"m": 512, "eta": 1}}}, "images.showcase.eta", "images.eta"),
        ({"ntk": {"kappa": 1.0}}, "ntk.kappa", "a list"),
        ({"ntk": {"n": [1]}}, "ntk.n[0]", "from 2"),
        ({"ntk_spectrum": {"n": [50, 898]}}, "ntk_spectrum.n = 898", "digits has only 897"),
        ({"images": {"showcase": {"m": 512}}}, "images.showcase lacks eta", ""),
        ({"generalization": {"m": ["infinite"]}}, "generalization.m[0]", "or inf"),
        ({"generalization": {"m": [64]}}, "generalization.m", "inf"),
        ({"generalization": {"n": [1]}}, "generalization.n[0]", "from 2"),
        ({"generalization": {"tau_min": [1.0]}}, "generalization.tau_min[0]", "below 1"),
        ({"generalization": {"tau_min": [0.2]}}, "generalization.tau_min", "0"),
        ({"sampling": {"b1": [0]}}, "sampling.b1[0]", "above 0"),
        ({"sampling": {"n_test": 3}}, "sampling.n_test", "from 4"),
        ({"sup_norm": {"tau_min": [0.0]}}, "sup_norm.tau_min[0]", "not Lipschitz"),
        ({"dfm_discretization": {"targets": ["uniform"]}}, "dfm_discretization.targets[0]", ""),
        ({"dfm_discretization": {"steps": [1]}}, "dfm_discretization.steps[0]", "from 2"),
        ({"dfm_drift_error": {"epsilon": [0]}}, "dfm_drift_error.epsilon[0]", "above 0"),
        ({"dfm_drift_error": {"perturbations": []}}, "perturbations", "oscillating"),
        ({"dfm_moments": {"scale": [-1]}}, "dfm_moments.scale[0]", "above 0"),
        ({"dfm_early_stopping": {"delta": [0.5]}}, "dfm_early_stopping.delta[0]", "below 1/2"),
    ],
)
def test_faults_name_the_key_and_what_is_allowed(changes, key, allowed):
    message = fault(laid_over(changes))
    assert key in message
    assert allowed in message
    assert "\n" not in message


def test_a_missing_part_is_named():
    config = laid_over({})
    del config["images"]
    assert "lacks images" in fault(config)


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("simulation: {widths: [16]}", "config: unknown key widths in simulation"),
        ("simulation: {eta: [1e-4]}", "config: simulation.eta[0] = '1e-4' is not allowed"),
        ("images: {n_test: 901}", "config: images.n_test = 901, but digits has only 900"),
    ],
)
def test_snakemake_refuses_before_any_job(unbuilt, overlay, message):
    unbuilt.overlay("wrong.yaml", overlay)
    run = unbuilt.snakemake()
    assert run.returncode != 0
    assert message in run.stdout
    assert "Select jobs" not in run.stdout
    assert "Traceback" not in run.stdout
