"""Encode an image data set: PCA fitted on its full training split, codes of both splits."""

import argparse
from pathlib import Path

import numpy as np

from flowbounds.data.codes import Codes
from flowbounds.data.datasets import IMAGE_SETS, load_images
from flowbounds.run.files import ends_in_one_line, replacing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=IMAGE_SETS, required=True)
    parser.add_argument("--root", type=Path, required=True, help="where image files are looked for")
    parser.add_argument("--components", type=int, required=True, help="dimension d of the codes")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    images = load_images(args.dataset, args.root)
    codes = Codes.fit(args.dataset, images, args.components)
    with replacing(args.out) as path:
        np.savez(path, **vars(codes))


if __name__ == "__main__":
    ends_in_one_line(main)
