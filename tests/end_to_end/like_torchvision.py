"""Compares pictures that calq packed with what torchvision makes of them: prints the largest difference.

Usage: like_torchvision.py LIST DATA.h5 gray|colour; LIST names a picture a line, in the order of the samples.
"""
import sys

import h5py
import numpy
from PIL import Image
from torchvision import transforms

change = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])
largest = 0
with h5py.File(sys.argv[2], "r") as data:
    samples = data["x"]
    paths = open(sys.argv[1]).read().splitlines()
    assert len(paths) == len(samples), (len(paths), len(samples))
    for path, sample in zip(paths, samples):
        picture = Image.open(path).convert("RGB")
        if sys.argv[3] == "gray":
            picture = picture.convert("L")
        pixels = numpy.atleast_3d(numpy.asarray(change(picture))).transpose(2, 0, 1)
        largest = max(largest, int(abs(pixels.astype(int) - sample.astype(int)).max()))
print(largest)
