"""Reading a configuration and checking it: what a JSON schema can say of it, and what it cannot.

Every fault becomes one ConfigError that names the key, or the file and the line, and what is
allowed.
"""

import copy
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import best_match

# More cells than this are a slip of the pen: to plan them alone takes Snakemake hours.
MOST_CELLS = 20_000

# Snakemake would evaluate the expressions of a file with this key as it reads it.
YTE = "__use_yte__"


class ConfigError(Exception):
    """The configuration cannot be run; the message names the key and what is allowed."""


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML as plain data: no tags that make objects, and no key twice, of which one is lost.

    By libyaml where PyYAML was built with it: Snakemake reads five files at every start, and the
    parser in Python takes ten times as long.
    """

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key.value} twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_plain_number(self, node):
        """Refuse what YAML 1.1 reads otherwise than it looks: 0777 as 511, 1:30 as 90."""
        octal = node.tag.endswith("int") and re.match(r"[-+]?0[0-9_]", node.value)
        if octal or ":" in node.value:
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value} is no number in base ten", node.start_mark
            )
        kind = node.tag.rsplit(":", 1)[1]
        return getattr(super(), f"construct_yaml_{kind}")(node)


for _kind in ("int", "float"):
    _PlainLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", _PlainLoader.construct_plain_number)


def read(path: str | Path) -> dict:
    """Read one YAML file as plain data.

    Raises:
        ConfigError: it is not there, does not parse, has a key twice or is not keys and values.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            config = yaml.load(file, _PlainLoader)  # noqa: S506 (it is a SafeLoader)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{path}, line {mark.line + 1}: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigError(f"{path} is not YAML: {what}") from None
    if not isinstance(config, dict):
        raise ConfigError(f"{path} holds no keys at its top level")
    if YTE in config:
        raise ConfigError(f"{path}: {YTE} is not allowed; a configuration is data, not a program")
    return config


def laid_over(files: Iterable[str | Path]) -> dict:
    """Read files and lay each over those before it, key by key, as Snakemake does."""
    config: dict = {}
    for file in files:
        _lay(read(file), config)
    return config


def lay_under(config: dict, file: str | Path) -> None:
    """Fill in, in place, what a configuration lacks and a file has."""
    given = copy.deepcopy(config)
    config.update(read(file))
    _lay(given, config)


def _lay(over: Mapping, under: dict) -> dict:
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(under.get(key), dict)
        under[key] = _lay(value, under[key]) if both else value
    return under


def _whole(_, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _finite(_, value: object) -> bool:
    return _whole(_, value) or (isinstance(value, float) and math.isfinite(value))


def _with_defaults(validator, properties, instance, schema):
    """Check the properties of an object, having filled in those that have a default."""
    if isinstance(instance, dict):
        for name, part in properties.items():
            if "default" in part:
                instance.setdefault(name, copy.deepcopy(part["default"]))
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


# 500.0 is no whole number on a command line, and neither .nan nor .inf can be computed with.
_Validator = validators.extend(
    Draft202012Validator,
    {"properties": _with_defaults},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _whole, "number": _finite}
    ),
)


def complete(config: dict, schema: Mapping) -> None:
    """Fill in the defaults of a configuration, in place, and check it, but for its experiments.

    Args:
        config: what the files say, laid over one another: all sections.
        schema: the JSON schema of configurations, of which a file may have any section.

    Raises:
        ConfigError: on the first fault.
    """
    every_section = {"required": list(schema["properties"])}
    if fault := best_match(_Validator({**schema, **every_section}).iter_errors(config)):
        raise ConfigError(explain(fault))
    check(config)


def _short(text: str) -> str:
    return text if len(text) < 80 else f"{text[:77]}..."


def _printable(key: object) -> str:
    """Write a key as it stands in the file, or quoted where that would not be seen."""
    text = str(key)
    return _short(text if text.isprintable() and text.strip() == text != "" else repr(text))


def explain(error: ValidationError) -> str:
    """Turn a schema violation into one line: the key's path, what is wrong, what is allowed."""
    key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    key = key.lstrip(".")
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        unknown = sorted(_printable(name) for name in set(error.instance) - set(known))
        return (
            f"unknown key {', '.join(unknown)} in {key or 'the top level'}. "
            f"Allowed: {', '.join(known)}"
        )
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"{key or 'the top level'} lacks {', '.join(missing)}"
    text = f"{key} = {_short(repr(error.instance))} is not allowed"
    if description := error.schema.get("description"):
        text += f". Allowed: {description}"
    return text


def check(config: Mapping) -> None:
    """Check what no section alone can say: the number of cells, and that there is a data root.

    What relates several keys of one section is checked by that section's experiment.

    Raises:
        ConfigError: on the first fault.
    """
    for name, part in config.items():
        grid = [values for values in part.values() if isinstance(values, list)]
        if (cells := math.prod(map(len, grid))) > MOST_CELLS:
            raise ConfigError(f"{name} has {cells} cells; at most {MOST_CELLS} are allowed")
    images = {*config["images"]["datasets"], *config["dfm_images"]["datasets"]}
    if images - {"digits", *config["data"]["sets"]}:  # what is looked for under the root
        root = Path(config["data"]["root"])
        if not (root if root.exists() else root.absolute().parent).is_dir():
            raise ConfigError(
                f"data.root = {root} is no folder, and no folder holds it in which it could be made"
            )
