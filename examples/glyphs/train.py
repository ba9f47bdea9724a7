#!/usr/bin/python3
"""Trains the small residual network on the drawn glyphs and writes glyphs.onnx.

The file keeps every Conv and its BatchNormalization apart, in float, with a dynamic batch `N`:
what a calibrator meets in the wild.
"""

import argparse
import pathlib
import tempfile
import time

import h5py
import numpy as np
import torch
from torch import nn
from torch.nn import functional

CLASSES = 47


class ConvNorm(nn.Sequential):
    """A convolution without bias, then batch normalisation."""

    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2,
                              groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut; a 1x1 convolution where the shape changes.

    That one's shift stays zero: it would always equal the second convolution's, and the
    exporter would store the two as one behind an Identity.
    """

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = ConvNorm(inputs, outputs, 3, stride)
        self.second = ConvNorm(outputs, outputs, 3)
        if inputs == outputs and stride == 1:
            self.shortcut = nn.Identity()
        else:
            self.shortcut = ConvNorm(inputs, outputs, 1, stride)
            self.shortcut.norm.bias.requires_grad_(False)

    def forward(self, x):
        inner = functional.relu(self.first(x))
        return functional.relu(self.second(inner) + self.shortcut(x))


class Separable(nn.Module):
    """A depthwise 3x3 convolution, then a 1x1 convolution."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.depthwise = ConvNorm(inputs, inputs, 3, groups=inputs)
        self.pointwise = ConvNorm(inputs, outputs, 1)

    def forward(self, x):
        return functional.relu(self.pointwise(functional.relu(self.depthwise(x))))


class Glyphs(nn.Module):
    """24x24 -> 12x12 -> 6x6 -> 47 logits."""

    def __init__(self):
        super().__init__()
        self.stem = ConvNorm(1, 16, 3)
        self.block1 = Residual(16, 24, stride=2)
        self.block2 = Separable(24, 32)
        self.block3 = Residual(32, 40, stride=2)
        self.block4 = Residual(40, 40, stride=1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classify = nn.Linear(40, CLASSES)

    def forward(self, x):
        x = functional.relu(self.stem(x))
        x = self.block4(self.block3(self.block2(self.block1(x))))
        return self.classify(self.pool(x).flatten(1))


def read(path):
    """Normalised pictures f32 [N, 1, 24, 24] and labels i64 [N]."""
    with h5py.File(path, "r") as file:
        mean, std = file.attrs["mean"], file.attrs["std"]
        images = file["images"][:].astype(np.float32) / 255
        labels = file["labels"][:].astype(np.int64)
    images = (images - mean.reshape(1, -1, 1, 1)) / std.reshape(1, -1, 1, 1)
    return torch.from_numpy(images), torch.from_numpy(labels)


def accuracy(network, images, labels):
    """The part of the pictures whose largest logit is the label's."""
    network.eval()
    with torch.no_grad():
        hits = [(network(x).argmax(1) == y).sum().item()
                for x, y in zip(images.split(500), labels.split(500))]
    return sum(hits) / len(labels)


def optimiser_of(network, rate):
    """SGD; weight decay on the weights alone, not on the normalisation."""
    weights = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() == 1]
    groups = [{"params": weights, "weight_decay": 3e-4},
              {"params": others, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True)


def train(network, images, labels, options):
    """One cycle: the rate rises for a tenth of the steps, then falls to zero."""
    optimiser = optimiser_of(network, options.rate)
    steps_per_epoch = len(labels) // options.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=options.epochs * steps_per_epoch,
        pct_start=0.1, cycle_momentum=False)
    for epoch in range(options.epochs):
        network.train()
        began, total = time.monotonic(), 0.0
        order = torch.randperm(len(labels))[:steps_per_epoch * options.batch]
        for chosen in order.split(options.batch):
            loss = functional.cross_entropy(network(images[chosen]), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / steps_per_epoch:.4f}, "
              f"{time.monotonic() - began:.0f} s", flush=True)


def export(network, example, path):
    """Writes the network as it is: nothing folded, nothing fused."""
    torch.onnx.export(network.eval(), example, str(path), opset_version=13,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                      input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}})


def read_arguments():
    """The command line."""
    here = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--training", type=pathlib.Path,
                        default=pathlib.Path(tempfile.gettempdir()) / "glyphs-training.h5")
    parser.add_argument("--data", type=pathlib.Path, default=here,
                        help="folder of calibration.h5 and validation.h5")
    parser.add_argument("--out", type=pathlib.Path, default=here / "glyphs.onnx")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main():
    """Trains, measures, exports."""
    options = read_arguments()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    torch.use_deterministic_algorithms(True)
    network = Glyphs()
    images, labels = read(options.training)
    train(network, images, labels, options)
    for name in ("calibration", "validation"):
        part = accuracy(network, *read(options.data / f"{name}.h5"))
        print(f"{name}: {100 * part:.2f} % right in float")
    export(network, images[:2], options.out)


if __name__ == "__main__":
    main()
