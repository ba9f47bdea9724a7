#!/usr/bin/env python3
"""Writes networks of torchvision with random weights as ONNX files.

Usage: make_torchvision.py FOLDER [NAME...]      without names: all of them
       make_torchvision.py --names               names them

Needs torch and torchvision (Debian: python3-torchvision). Batch norms have random means and variances,
so that no layer is as it was initialised. The same version of torch writes the same files.
"""

import sys
import warnings
from pathlib import Path

try:
    import torch
    import torchvision
except ImportError as cause:
    sys.exit(f"make_torchvision.py: {cause}: install python3-torchvision")

# The function of torchvision.models, the size of an image, and an opset to export in.
NETWORKS = {
    "alexnet": (224, 13),
    "vgg11": (224, 13),
    "googlenet": (224, 13),
    "densenet121": (224, 13),
    "shufflenet_v2_x1_0": (224, 13),
    "mnasnet1_0": (224, 13),
    "mobilenet_v3_small": (224, 14),
    "efficientnet_b0": (224, 13),
    "regnet_y_400mf": (224, 13),
    "convnext_tiny": (224, 16),
    "vit_b_16": (224, 14),
    "swin_t": (224, 16),
}

# What some constructors need beside the number of classes.
OPTIONS = {"googlenet": {"init_weights": True, "aux_logits": False}}


def make_random(module):
    """Statistics and scales that are not what they are initialised to."""
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(part.running_var, 0.7, 1.3)
            torch.nn.init.uniform_(part.weight, 0.8, 1.2)
            torch.nn.init.uniform_(part.bias, -0.2, 0.2)
        # The head of a ViT begins as zeros, which would hide all the rest.
        if isinstance(part, torch.nn.Linear) and not part.weight.any():
            torch.nn.init.normal_(part.weight, std=0.02)
        if isinstance(part, torch.nn.LayerNorm):
            torch.nn.init.uniform_(part.weight, 0.8, 1.2)
            torch.nn.init.uniform_(part.bias, -0.2, 0.2)


def write(name, path):
    size, opset = NETWORKS[name]
    torch.manual_seed(1)
    network = getattr(torchvision.models, name)(weights=None, **OPTIONS.get(name, {}))
    make_random(network)
    torch.onnx.export(
        network.eval(),
        torch.randn(1, 3, size, size),
        str(path),
        opset_version=opset,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
    )


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    if arguments == ["--names"]:
        print(*NETWORKS, sep="\n")
        return
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    for name in arguments[1:] or NETWORKS:
        if name not in NETWORKS:
            sys.exit(f"make_torchvision.py: no network {name}: {', '.join(NETWORKS)}")
        write(name, folder / f"{name}.onnx")
        print(name, flush=True)


main(sys.argv[1:])
