"""Encode an image data set: PCA fitted on its full training split, codes of both splits."""

import argparse
from pathlib import Path

import numpy as np

from flowbounds.data.codes import Codes
from flowbounds.data.datasets import load_images
from flowbounds.run.files import ends_in_one_line, replacing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--root", type=Path, help="where image files are looked for")
    place.add_argument("--own", type=Path, help="file or folder of a reader's own images")
    parser.add_argument("--components", type=int, required=True, help="dimension d of the codes")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    images = load_images(args.dataset, args.root, args.own)
    codes = Codes.fit(args.dataset, images, args.components)
    with replacing(args.out) as path:
        np.savez(path, **vars(codes))


if __name__ == "__main__":
    ends_in_one_line(main)
