"""Draw the training samples, or the evaluation samples, of every seed of an experiment."""

import argparse

import numpy as np

from flowbounds.data.codes import Codes
from flowbounds.data.draws import evaluation_draw, training_draw
from flowbounds.run.files import ends_in_one_line, replacing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["training", "evaluation"])
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--codes", help="PCA codes of the image data set; none for the mixture")
    parser.add_argument("--d", type=int, required=True)
    parser.add_argument("--seeds", type=int, required=True)
    parser.add_argument("--n-train", type=int, required=True)
    parser.add_argument("--n-test", type=int, help="size of the reference; for evaluation only")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    codes = Codes.load(args.codes) if args.codes else None
    cell = (args.experiment, args.dataset, args.d)
    draws = [
        training_draw(*cell, seed, args.n_train, codes)
        if args.kind == "training"
        else evaluation_draw(*cell, seed, args.n_train, args.n_test, codes)
        for seed in range(args.seeds)
    ]
    with replacing(args.out) as path:
        np.savez(path, **{name: np.stack([draw[name] for draw in draws]) for name in draws[0]})


if __name__ == "__main__":
    ends_in_one_line(main)
