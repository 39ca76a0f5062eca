"""What a JSON schema cannot say of a configuration, and how to say what it can.

Every fault becomes one ConfigError that names the key and what is allowed.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flowbounds.datasets import IMAGE_SETS

if TYPE_CHECKING:
    from jsonschema import ValidationError


class ConfigError(Exception):
    """The configuration cannot be run; the message names the key and what is allowed."""


def explain(error: "ValidationError") -> str:
    """Turn a schema violation into one line: the key's path, what is wrong, what is allowed."""
    key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    key = key.lstrip(".")
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        unknown = sorted(str(name) for name in set(error.instance) - set(known))
        return (
            f"unknown key {', '.join(unknown)} in {key or 'the top level'}. "
            f"Allowed: {', '.join(known)}"
        )
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"{key or 'the top level'} lacks {', '.join(missing)}"
    text = f"{key} = {error.instance!r} is not allowed"
    if description := error.schema.get("description"):
        text += f". Allowed: {description}"
    return text


def check(config: Mapping) -> None:
    """Check what relates several keys of a configuration that fits the schema.

    Raises:
        ConfigError: on the first fault.
    """
    for name in ("simulation", "images"):
        part = config[name]
        if part["iterations"] % part["checkpoint_every"]:
            raise ConfigError(
                f"{name}.checkpoint_every = {part['checkpoint_every']} does not divide "
                f"{name}.iterations = {part['iterations']}"
            )
        if part["n_test"] < part["n_train"]:
            raise ConfigError(
                f"{name}.n_test = {part['n_test']} is smaller than {name}.n_train = "
                f"{part['n_train']}: exact W1 compares n_train with n_train"
            )
    # the theorem is judged on the kernel limit and on the paper's own law of flow times
    for key, needed in (("m", "inf"), ("tau_min", 0)):
        if needed not in config["generalization"][key]:
            raise ConfigError(
                f"generalization.{key} = {config['generalization'][key]} lacks {needed}, "
                "on which Theorem 3.3 is judged"
            )
    images = config["images"]
    for key in ("m", "eta"):
        if images["showcase"][key] not in images[key]:
            raise ConfigError(
                f"images.showcase.{key} = {images['showcase'][key]} is not in "
                f"images.{key} = {images[key]}"
            )
    for dataset in images["datasets"]:
        train, test, pixels = IMAGE_SETS[dataset]
        for key, limit, what in (
            ("n_train", train, "training images"),
            ("n_test", test, "test images"),
            ("components", min(train, pixels), "principal components"),
        ):
            if images[key] > limit:
                raise ConfigError(
                    f"images.{key} = {images[key]}, but {dataset} has only {limit} {what}"
                )
        if (n := max(config["ntk_spectrum"]["n"])) > train:
            raise ConfigError(
                f"ntk_spectrum.n = {n}, but {dataset} has only {train} training images"
            )
    part = config["dfm_images"]
    for dataset in part["datasets"]:
        train, test, pixels = IMAGE_SETS[dataset]
        if part["n_train"] > train:
            raise ConfigError(
                f"dfm_images.n_train = {part['n_train']}, but {dataset} has only {train} "
                "training images"
            )
        if 2 * part["n_test"] > test:
            raise ConfigError(
                f"dfm_images.n_test = {part['n_test']}, but {dataset} has only {test} test images, "
                f"and two samples are drawn: at most {test // 2}"
            )
        if images["components"] > pixels:
            raise ConfigError(
                f"images.components = {images['components']}, but {dataset} of "
                f"dfm_images.datasets has only {pixels} principal components"
            )
