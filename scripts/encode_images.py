"""Encode an image data set: PCA fitted on its full training split, codes of both splits."""

import argparse
import sys
from pathlib import Path

import numpy as np

from flowbounds.codes import Codes
from flowbounds.datasets import IMAGE_SETS, DataError, load_images
from flowbounds.files import replacing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=IMAGE_SETS, required=True)
    parser.add_argument("--root", type=Path, required=True, help="where image files are looked for")
    parser.add_argument("--components", type=int, required=True, help="dimension d of the codes")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    try:
        images = load_images(args.dataset, args.root)
    except DataError as error:
        sys.exit(f"error: {error}")
    codes = Codes.fit(args.dataset, images, args.components)
    with replacing(args.out) as path:
        np.savez(path, **vars(codes))


if __name__ == "__main__":
    main()
