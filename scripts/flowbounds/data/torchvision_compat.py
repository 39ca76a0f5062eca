"""The one place where torchvision is imported.

The package registry's torchvision wheel is linked to CUDA. Beside a CPU build of torch its
compiled operators do not load, and ``import torchvision`` dies with "operator torchvision::nms
does not exist" although data sets and utilities need none of them. Where the operators are
missing, declaring the two names that the import looks for is enough.
"""

import torch

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

# The declarations live as long as this object does.
_library = None


def import_torchvision_datasets():
    """Return the module ``torchvision.datasets``, declaring missing operators first if need be."""
    global _library
    try:
        import torchvision.datasets
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        _forget_half_imported()
        _library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            _library.define(operator + _SIGNATURE)
        import torchvision.datasets
    return torchvision.datasets


def _forget_half_imported() -> None:
    import sys

    for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
        del sys.modules[name]
