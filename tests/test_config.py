"""Every fault of a configuration is one line that names the key or the line, before any job."""

import copy
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds.experiments import experiment
from flowbounds.run.config import ConfigError, complete, laid_over, read

REPOSITORY = Path(__file__).parents[1]
SCHEMA = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text())
CONFIG = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
PAPER = yaml.safe_load((REPOSITORY / "workflow/presets/paper.yaml").read_text())


def changed(changes: dict) -> dict:
    config = copy.deepcopy(CONFIG)
    for part, values in changes.items():
        if isinstance(values, dict):
            config.setdefault(part, {}).update(values)
        else:
            config[part] = values
    return config


def check(config: dict) -> None:
    """Check as workflow/rules/config.smk does: the schema, then what each experiment knows."""
    complete(config, SCHEMA)
    experiment.check(config)


def fault(config: dict) -> str:
    with pytest.raises(ConfigError) as raised:
        check(config)
    return str(raised.value)


@pytest.mark.parametrize("changes", [{}, PAPER], ids=["quick", "paper"])
def test_what_we_ship_is_valid(changes):
    config, expected = changed(changes), changed(changes)
    showcase, grid = expected["images"]["showcase"], expected["images"]
    expected["images"]["showcase"] = {k: showcase[k] or max(grid[k]) for k in ("m", "eta")}
    check(config)
    assert config == expected  # the defaults are spelled out already


def test_the_schema_is_closed_and_says_what_each_key_means():
    def walk(schema, path):
        if "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].split("/")[-1]]
        assert "description" in schema or "enum" in schema or path == "", path
        if path == ".data.sets":  # the one map: from names to paths
            assert schema["propertyNames"]["description"]
            walk(schema["additionalProperties"], f"{path}.name")
        elif schema.get("type") == "object":
            assert schema["additionalProperties"] is False, path
            for name, part in schema["properties"].items():
                walk(part, f"{path}.{name}")

    walk(SCHEMA, "")


def test_config_yaml_spells_out_the_defaults():
    """Whoever reads config.yaml sees every setting: what the schema would add is there already."""
    for part, schema in SCHEMA["properties"].items():
        assert set(CONFIG[part]) == set(schema["properties"]), part


def test_defaults_are_the_papers():
    required = {part: schema.get("required", []) for part, schema in SCHEMA["properties"].items()}
    whole = changed({"images": {"datasets": ["mnist"], "n_test": 2000}})
    config = {part: {key: values[key] for key in required[part]} for part, values in whole.items()}
    check(config)
    check(whole)  # fills in the showcase
    assert config == whole


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
        ({"images": {"showcase": {"m": 32, "eta": 1e-2}}}, "images.showcase.m", "[128, 256]"),
        ({"images": {"showcase": {"m": 256, "eta": 1}}}, "images.showcase.eta", "images.eta"),
        ({"ntk": {"kappa": 1.0}}, "ntk.kappa", "a list"),
        ({"ntk": {"n": [1]}}, "ntk.n[0]", "from 2"),
        ({"ntk_spectrum": {"n": [50, 898]}}, "ntk_spectrum.n = 898", "digits has only 897"),
        ({"images": {"showcase": {"m": "wide"}}}, "images.showcase.m", "null for the largest"),
        ({"data": {"sets": []}}, "data.sets", "images of your own"),
        ({"data": {"sets": {"My Set": "x"}}}, "data.sets", "begin with a letter"),
        ({"data": {"sets": {"a/b": "x"}}}, "data.sets", "begin with a letter"),
        ({"data": {"sets": {1: "x"}}}, "data.sets", "begin with a letter"),
        ({"data": {"sets": {"mine": None}}}, "data.sets.mine", "the path of"),
        ({"data": {"sets": {"mnist": "x"}}}, "data.sets.mnist", "another set's name"),
        ({"data": {"sets": {"mine": "x"}}, "images": {"datasets": ["mien"]}}, "mien", "mine, or"),
        ({"dfm_images": {"datasets": ["mien"]}}, "dfm_images.datasets[0] = 'mien'", "cifar10"),
        ({"generalization": {"m": ["infinite"]}}, "generalization.m[0]", "or inf"),
        ({"generalization": {"n": [1]}}, "generalization.n[0]", "from 2"),
        ({"generalization": {"tau_min": [1.0]}}, "generalization.tau_min[0]", "below 1"),
        ({"sampling": {"b1": [0]}}, "sampling.b1[0]", "above 0"),
        ({"sampling": {"n_test": 3}}, "sampling.n_test", "from 4"),
        ({"sup_norm": {"tau_min": [0.0]}}, "sup_norm.tau_min[0]", "not Lipschitz"),
        ({"dfm_discretization": {"targets": ["uniform"]}}, "dfm_discretization.targets[0]", ""),
        ({"dfm_discretization": {"steps": [1]}}, "dfm_discretization.steps[0]", "from 2"),
        ({"dfm_drift_error": {"epsilon": [0]}}, "dfm_drift_error.epsilon[0]", "above 0"),
        ({"dfm_drift_error": {"perturbations": []}}, "perturbations", "oscillating"),
        ({"dfm_moments": {"scale": [-1]}}, "dfm_moments.scale[0]", "above 0"),
        ({"dfm_early_stopping": {"delta": [0.5]}}, "dfm_early_stopping.delta[0]", "below 1/2"),
        ({"dfm_learned": {"targets": ["uniform"]}}, "dfm_learned.targets[0]", ""),
        ({"dfm_learned": {"n": [7]}}, "dfm_learned.n[0]", "from 8"),
        ({"dfm_learned": {"steps": [1001]}}, "dfm_learned.steps[0]", "to 1000"),
        ({"dfm_images": {"delta": [1.0]}}, "dfm_images.delta[0]", "below 1"),
        ({"dfm_images": {"couplings": ["ot"]}}, "dfm_images.couplings[0]", ""),
        ({"dfm_images": {"n_train": 898}}, "dfm_images.n_train = 898", "only 897"),
        ({"dfm_images": {"n_test": 451}}, "dfm_images.n_test = 451", "at most 450"),
        ({"images": {"datasets": ["mnist"], "components": 65}}, "images.components = 65", "digits"),
        # what a command line or an array would choke on, or take for something else
        ({"simulation": {"iterations": 500.0}}, "simulation.iterations", "a whole number"),
        ({"simulation": {"m": [16.0]}}, "simulation.m[0]", "a whole number"),
        ({"simulation": {"d": [True]}}, "simulation.d[0]", "a whole number"),
        ({"simulation": {"eta": [math.nan]}}, "simulation.eta[0]", "above 0"),
        ({"simulation": {"eta": [math.inf]}}, "simulation.eta[0]", "above 0"),
        ({"simulation": {"kappa": -math.inf}}, "simulation.kappa", "above 0"),
        ({"simulation": {"eta": [0.01, 1e-2]}}, "simulation.eta", "none twice"),
        ({"simulation": {"eta": {"from": 1}}}, "simulation.eta", "a list"),
        ({"simulation": {"d": "5; touch x"}}, "simulation.d", "a list"),
        ({"simulation": {"euler_steps": 0}}, "simulation.euler_steps", "from 1"),
        ({"simulation": {"projections": -1}}, "simulation.projections", "from 1"),
        ({"simulation": {"n_train": 1, "n_test": 1}}, "simulation.n_train", "from 2"),
        ({"simulation": {1: 2}}, "unknown key 1 in simulation", "m, eta"),
        ({"simulation": {"m\n": [2]}}, "unknown key 'm\\n' in simulation", "m, eta"),
        ({"simulation": {None: 2}}, "unknown key None in simulation", "m, eta"),
        ({"simulation": "all"}, "simulation", "Gaussian mixture"),
        ({"images": {"datasets": ["digits", "digits"]}}, "images.datasets", "at least one"),
        ({"images": {"datasets": "digits"}}, "images.datasets", "a list"),
        ({"images": {"datasets": ["$(touch x)"]}}, "images.datasets[0]", "not allowed"),
        ({"data": {"root": 5}}, "data.root", "the folder"),
        ({"data": {"root": ["a", "b"]}}, "data.root", "the folder"),
        ({"sampling": {"b1": [1.0, 1]}}, "sampling.b1", "none twice"),
        ({"ntk": {"kappa": []}}, "ntk.kappa", "at least one"),
        ({"ntk": {"eta": None}}, "ntk.eta", "a list"),
        ({"generalization": {"m": ["inf", "inf"]}}, "generalization.m", "none twice"),
        ({"sup_norm": {"m": [256]}}, "sup_norm.m", "a whole number"),
        # grids that no one meant
        ({"simulation": {"m": list(range(1, 10_001))}}, "simulation has 90000 cells", "20000"),
        ({"ntk": {"n": list(range(2, 9_002))}}, "ntk has 72000 cells", "20000"),
        (
            {
                "images": {"datasets": ["mnist"], "n_test": 2000},
                "data": {"root": "no/such/folder/anywhere"},
            },
            "data.root = no/such/folder/anywhere",
            "no folder",
        ),
    ],
)
def test_faults_name_the_key_and_what_is_allowed(changes, key, allowed):
    message = fault(changed(changes))
    assert key in message
    assert allowed in message
    assert "\n" not in message
    assert len(message) < 600


def test_the_showcase_is_the_largest_of_the_grid_where_it_is_left_open():
    for showcase in ({}, {"m": None}, {"eta": None}):
        config = changed({"images": {"m": [64, 128], "eta": [1e-2, 1e-3], "showcase": showcase}})
        check(config)
        assert config["images"]["showcase"] == {"m": 128, "eta": 1e-2}
    config = changed({"images": {"m": [64, 128], "showcase": {"m": 64}}})
    check(config)
    assert config["images"]["showcase"] == {"m": 64, "eta": 1e-2}


@pytest.mark.parametrize("part", [{"m": [64]}, {"m": [64], "tau_min": [0.2]}, {"tau_min": [0.2]}])
def test_a_grid_may_lack_what_a_claim_wants(part):
    config = changed({"generalization": part})
    check(config)
    assert config["generalization"].items() >= part.items()  # taken as given


def test_a_missing_part_is_named():
    config = changed({})
    del config["images"]
    assert "lacks images" in fault(config)


@pytest.mark.parametrize("part", [*SCHEMA["properties"]])
@pytest.mark.parametrize("without", ["the part", "a key"])
def test_what_is_missing_is_named(part, without):
    config = changed({})
    needed = SCHEMA["properties"][part].get("required", [])
    if without == "the part":
        del config[part]
        assert fault(config) == f"the top level lacks {part}"
    elif needed:
        del config[part][needed[0]]
        assert fault(config) == f"{part} lacks {needed[0]}"
    else:  # all keys have defaults
        config[part] = {}
        check(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("simulation:\n  m: [4, 6\n  d: [2]\n", "line 3: "),
        ("simulation:\n\tm: [4]\n", "line 2: found character"),
        ("simulation: {m: [4]}}\n", "line 1: "),
        ("simulation:\n  m: [4]\n  d: [2]\n  m: [8]\n", "line 4: key m twice"),
        ("run: {}\nsimulation: {}\nrun: {}\n", "line 3: key run twice"),
        ("data:\n  root: !!python/object/apply:os.system [touch x]\n", "line 2: could not"),
        ("data: {root: !env HOME}\n", "line 1: could not determine a constructor"),
        ("? [a, b]\n: 1\n", "line 1: found unhashable key"),
        ("a: *nowhere\n", "line 1: found undefined alias"),
        ("__use_yte__: true\nsimulation: {seeds: '?1 + 1'}\n", "__use_yte__ is not allowed"),
        ("", "holds no keys"),
        ("[1, 2]\n", "holds no keys"),
        ("simulation\n", "holds no keys"),
        ("a: \x00\n", "is not YAML: "),
        ("images:\n  n_train: 0777\n", "line 2: 0777 is no number in base ten"),
        ("a: -012\n", "line 1: -012 is no number in base ten"),
        ("a: 1:30\n", "line 1: 1:30 is no number in base ten"),
        ("a: [1:30.5]\n", "line 1: 1:30.5 is no number in base ten"),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_line(tmp_path, text, message):
    file = tmp_path / "my.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read(file)
    assert str(file) in str(raised.value)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["\ufeffa: 1\nb: 0.5\n", "a: 1\r\nb: 0.5\r\n", "b: .5\na: +1"])
def test_marks_and_line_ends_of_other_systems_make_no_difference(tmp_path, text):
    file = tmp_path / "my.yaml"
    file.write_bytes(text.encode())
    assert read(file) == {"a": 1, "b": 0.5}


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read: No such file"):
        read(tmp_path / "nowhere.yaml")


def test_files_are_laid_over_one_another_as_snakemake_does(tmp_path):
    from snakemake.common.configfile import load_configfile
    from snakemake.utils import update_config

    over = tmp_path / "my.yaml"
    over.write_text("simulation: {m: [4], kappa: 2.0}\nimages: {showcase: {m: 4}}\n")
    files = [REPOSITORY / "config.yaml", REPOSITORY / "workflow/presets/paper.yaml", over]
    theirs: dict = {}
    for file in files:
        update_config(theirs, load_configfile(str(file)))
    assert laid_over(files) == theirs


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_configuration_it_is_valid_or_refused(data):
    """Any value in place of any part, key or entry: ConfigError in one line, or a valid whole."""
    config = changed({})
    place, key = config, data.draw(st.sampled_from([*config, "new"]))
    while isinstance(place.get(key), dict) and data.draw(st.booleans()):
        place, key = place[key], data.draw(st.sampled_from([*place[key], "new"]))
    if isinstance(place.get(key), list) and data.draw(st.booleans()):
        place[key] = [*place[key], data.draw(PLAIN)]
    else:
        place[key] = data.draw(PLAIN)
    try:
        check(config)
    except ConfigError as error:
        assert "\n" not in str(error)
    else:
        again = copy.deepcopy(config)
        check(again)
        assert again == config


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("my.yaml", "simulation: {widths: [16]}", "config: unknown key widths in simulation"),
        ("my.yaml", "simulation: {eta: [1e-4]}", "simulation.eta[0] = '1e-4' is not allowed"),
        ("my.yaml", "images: {n_test: 901}", "images.n_test = 901, but digits has only 900"),
        ("my.yaml", "ntk: {seeds: 2}\nntk: {seeds: 3}", "my.yaml, line 2: key ntk twice"),
        ("my.yaml", "simulation: {m: [", "not valid JSON or YAML"),  # Snakemake's own words
        ("config.yaml", "run: {}\nsimulation: {m: ]}", "config.yaml, line 2: "),
        (
            "my.yaml", "simulation: {n_train: 10000000, n_test: 10000000}",
            "MB of memory; this machine has",
        ),
        (
            "my.yaml", "simulation: {iterations: 100000000, checkpoint_every: 1}",
            "lower simulation.n_train",
        ),
        (
            "my.yaml", f"simulation: {{seeds: 10, d: {list(range(1, 100))}, "
            f"m: {list(range(1000, 1100))}, checkpoint_every: 1}}", "MB of disk; there are",
        ),
    ],
)  # fmt: skip
def test_snakemake_refuses_before_any_job(unbuilt, file, text, message):
    if file == "my.yaml":
        unbuilt.overlays.append(file)
    (unbuilt.folder / file).write_text(text)
    run = unbuilt.snakemake()
    assert run.returncode != 0
    assert message in run.stdout
    assert "Select jobs" not in run.stdout
    assert "Traceback" not in run.stdout
    assert not (unbuilt.folder / "results").exists()
