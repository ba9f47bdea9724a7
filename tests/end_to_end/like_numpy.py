"""Losses of quantized networks in float64, and what an analysis found of them held against these.

Usage: like_numpy.py hessian|surface|error NETWORK.onnx DATA.h5 SAMPLES CASE_FOLDER
Prints the largest difference, and ends with 1 where it is too large. Shares no code with calq.
"""
import itertools
import json
import sys

import h5py
import numpy as np
import onnx
from onnx import numpy_helper


def windows(x, kernel, stride, pad):
    """[N, C, H, W] as [N, C, kh, kw, oh, ow]."""
    x = np.pad(x, ((0, 0), (0, 0), (pad[0], pad[2]), (pad[1], pad[3])))
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    return view[:, :, ::stride[0], ::stride[1]].transpose(0, 1, 4, 5, 2, 3)


def conv(x, w, stride, pad, groups):
    parts = []
    for xs, ws in zip(np.split(x, groups, 1), np.split(w, groups, 0)):
        cols = windows(xs, w.shape[2:], stride, pad)
        n, oh, ow = cols.shape[0], cols.shape[4], cols.shape[5]
        flat = cols.reshape(n, -1, oh * ow)
        parts.append((ws.reshape(ws.shape[0], -1) @ flat).reshape(n, -1, oh, ow))
    return np.concatenate(parts, 1)


class Simulation:
    def __init__(self, network, data, samples, steps):
        graph = onnx.load(network).graph
        self.nodes, self.output = graph.node, graph.output[0].name
        self.constants = {i.name: numpy_helper.to_array(i).astype(np.float64) for i in graph.initializer}
        with h5py.File(data) as file:
            stored = file["images"][:samples].astype(np.float64)
            self.labels = file["labels"][:samples].astype(int)
            mean, std = file.attrs["mean"].astype(np.float64), file.attrs["std"].astype(np.float64)
        self.images = (stored / 255 - mean[None, :, None, None]) / std[None, :, None, None]
        self.input = graph.input[0].name
        self.steps = {s["tensor"]: s for s in steps}
        self.memory, self.before, self.after = {}, {}, {}

    def rounded(self, name, values, moved):
        if name not in self.steps:
            return values
        self.before[name] = values
        self.after[name] = self.round(name, values, moved)
        return self.after[name]

    def round(self, name, values, moved):
        own = self.steps[name]
        step = np.float32(own["step"] * moved.get(name, 1.0))
        levels = 2 ** own["bits"] - 1
        middle = 0.0 if own["grid"] == "unsigned" else levels / 2  # else midrise
        # A sum and a quotient of floats, as the grids are defined: weights may lie next to where they are rounded.
        level = np.rint((values.astype(np.float32) + np.float32(step * middle)) / step)
        return float(step) * (np.clip(level, 0, levels).astype(np.float64) - middle)

    def run(self, moved):
        """Logits with steps times `moved`; values of before that depend on nothing that moves are kept."""
        values, keys = {self.input: self.images}, {self.input: ()}
        for node in self.nodes:
            attribute = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            names = list(node.input) + list(node.output)
            key = sum((keys.get(name, ()) for name in node.input), ())
            key = tuple(sorted(set(key + tuple((name, moved[name]) for name in names if name in moved))))
            at = (node.output[0], key)
            if at not in self.memory:
                inputs = [self.rounded(n, self.constants[n], moved) if n in self.constants else values[n]
                          for n in node.input]
                self.memory[at] = self.rounded(node.output[0], self.compute(node.op_type, inputs, attribute), moved)
            values[node.output[0]], keys[node.output[0]] = self.memory[at], key
        return values[self.output]

    @staticmethod
    def compute(op, x, attribute):
        if op == "Conv":
            return conv(x[0], x[1], attribute["strides"], attribute["pads"], attribute["group"])
        if op == "BatchNormalization":
            scale = x[1] / np.sqrt(x[4] + attribute["epsilon"])
            return x[0] * scale[:, None, None] + (x[2] - x[3] * scale)[:, None, None]
        if op == "Gemm":
            return x[0] @ x[1].T + x[2]
        return {"Relu": lambda: np.maximum(x[0], 0), "Add": lambda: x[0] + x[1],
                "GlobalAveragePool": lambda: x[0].mean((2, 3), keepdims=True),
                "Flatten": lambda: x[0].reshape(len(x[0]), -1)}[op]()

    def loss(self, moved):
        """Mean cross entropy. What was kept of moved tensors goes: there are many."""
        logits = self.run(moved)
        self.memory = {at: kept for at, kept in self.memory.items() if not at[1]}
        top = logits.max(1)
        entropy = np.log(np.exp(logits - top[:, None]).sum(1)) + top - logits[np.arange(len(logits)), self.labels]
        return entropy.mean()


def variables(found):
    return {v["name"]: np.array(v["values"], dtype=np.float64) for v in found["variables"]}


def compare_hessian(simulation, found):
    of = variables(found)
    tensors, widths = found["axes"][0]["values"], of["width_taken"]
    count = len(tensors)
    loss = lambda signs: simulation.loss({tensors[i]: float(np.exp(s * widths[i])) for i, s in signs.items()})
    point = simulation.loss({})
    hessian, gradient = np.empty((count, count)), np.empty(count)
    for i in range(count):
        up, down = loss({i: 1}), loss({i: -1})
        hessian[i, i] = (up - 2 * point + down) / widths[i] ** 2
        gradient[i] = (up - down) / (2 * widths[i])
    for i, j in itertools.combinations(range(count), 2):
        corners = sum(a * b * loss({i: a, j: b}) for a in (1, -1) for b in (1, -1))
        hessian[i, j] = hessian[j, i] = corners / (4 * widths[i] * widths[j])
    eigenvalues = np.linalg.eigvalsh(hessian)[::-1]
    facts = {f["name"]: f["value"] for f in found["facts"]}
    magnitudes = np.abs(hessian)
    share = 1 - np.trace(magnitudes) / magnitudes.sum()
    logarithm = np.log10(np.abs(eigenvalues)).sum() - 2 * np.log10(1 + (gradient ** 2).sum())
    scale = magnitudes.max()
    return {"the point": abs(point - facts["point_loss"]),
            "the Hessian": np.abs(hessian - of["hessian"]).max() / scale,
            "the gradient": np.abs(gradient - of["gradient"]).max() / np.abs(gradient).max(),
            "eigenvalues": np.abs(eigenvalues - of["eigenvalue"]).max() / scale,
            "the share beside the diagonal": abs(share - facts["off_diagonal_share"]),
            "log10 of the curvature": abs(logarithm - facts["log10_curvature"])}


def compare_surface(simulation, found):
    of, facts = variables(found), {f["name"]: f["value"] for f in found["facts"]}
    factors = [axis["values"] for axis in found["axes"]]
    losses = np.array([[simulation.loss({facts["tensor_a"]: a, facts["tensor_b"]: b}) for b in factors[1]]
                       for a in factors[0]])
    return {"the surface": np.abs(losses - of["loss"]).max() / losses.max()}


def compare_error(simulation, found):
    of = variables(found)
    simulation.run({})
    largest = {}
    for i, name in enumerate(found["axes"][0]["values"]):
        x, q = simulation.before[name], simulation.after[name]
        step = simulation.steps[name]["step"]
        channels = (0, 2, 3) if not of["is_weight"][i] else (1, 2, 3)
        dead = ((q.max(channels) == q.min(channels)) & (x.max(channels) > x.min(channels))).sum()
        ends = q.min(), q.max()
        histogram = np.histogram(x, len(found["axes"][1]["values"]), (of["low"][i], of["high"][i]))[0] / x.size
        for fact, difference in {
                "SQNR, in dB": 10 * np.log10((x ** 2).sum() / ((x - q) ** 2).sum()) - of["sqnr"][i],
                "cosine": (x * q).sum() / np.sqrt((x ** 2).sum() * (q ** 2).sum()) - of["cosine"][i],
                "largest error": np.abs(x - q).max() / step - of["largest_error"][i],
                "dead channels": dead - of["dead_channels"][i],
                "share clipped": ((x < of["clip_low"][i] - step / 2) | (x > of["clip_high"][i] + step / 2)).mean()
                                 - of["clipped"][i],
                "ends of codes": max(of["clip_low"][i] - ends[0], ends[1] - of["clip_high"][i]),
                "histogram": np.abs(histogram - of["histogram"][i]).max()}.items():
            largest[fact] = max(abs(difference), largest.get(fact, 0))
    return largest


def main():
    kind, network, data, samples, case = sys.argv[1:6]
    with open(f"{case}/result.json", encoding="utf-8") as file:
        steps = json.load(file)["steps"]
    with open(f"{case}/analyses/{kind}.json", encoding="utf-8") as file:
        found = json.load(file)
    simulation = Simulation(network, data, int(samples), steps)
    compare = {"hessian": compare_hessian, "surface": compare_surface, "error": compare_error}[kind]
    differences = compare(simulation, found)
    for name, difference in differences.items():
        print(f"{name}: {difference:.3g}")
    sys.exit(int(not max(differences.values()) <= 1e-3))


main()
