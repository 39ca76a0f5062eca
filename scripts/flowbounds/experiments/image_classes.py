"""The classes of generated images, by their nearest training images (paper A, section 5).

And how many of their pixels are saturated: an image of black and white alone looks sharp.

One job classifies the terminal samples of one data set and width of the experiment ``images``.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments import images
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

# One of 500 samples: the last bits decide of one on the border of two classes.
ONE_SAMPLE = 2e-3

TABLES = {
    "image_classes": (
        c.DATASET,
        c.M,
        c.ETA,
        c.SEED,
        Column("classes", "how many classes hold at least 1 % of the samples", "integer"),
        Column(
            "imbalance",
            "total variation distance of the samples' class shares from those of the test split",
        ),
        Column(
            "clear_least",
            "least class share among samples whose five nearest training codes agree, over the "
            "same share in the test split",
        ),
        Column("clear_noise", "the same of Gaussian noise with the codes' mean and covariance"),
        Column("clear_real", "the same of as many real codes of the test split"),
        Column(
            "saturated",
            "share of the samples' pixels that leave [0, 1] and are clipped to black or white",
        ),
        Column("saturated_real", "the same of as many real codes of the test split"),
    ),
    "image_class_shares": (
        c.DATASET,
        c.M,
        c.ETA,
        c.SEED,
        Column("label", "class", "integer", key=True),
        Column(
            "share",
            "share of the samples whose five nearest training codes vote for it",
            rounding=ONE_SAMPLE,
        ),
        Column(
            "clear",
            "share of the samples whose five nearest training codes are all of it",
            rounding=ONE_SAMPLE,
        ),
        Column("share_real", "share of the test split that is of it, by its labels"),
        Column("clear_real", "clear of the test split"),
    ),
}
INPUTS = ("codes", "samples")


def cells(config: Mapping) -> list[Cell]:
    return images.cells(config)


def settings(config: Mapping, cell: Cell) -> dict:
    return {}  # all is said by the inputs


def depends(config: Mapping) -> dict:
    return {"images": config["images"]}


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Return what a job needs: seconds, whatever the grid."""
    return Cost(30, 1000)


def measure(job: Job, codes=(), samples=()) -> dict:
    """Classify the samples of one cell.

    Args:
        codes: the file of the data set's codes.
        samples: the file of the cell's terminal samples.
    """
    from flowbounds.data.classes import class_tables
    from flowbounds.data.codes import Codes
    from flowbounds.run.files import read_arrays

    return class_tables(Codes.load(codes[0]), read_arrays(samples[0]))
