#!/usr/bin/env python3
"""Prints the numbers of gram_rounding_numbers.h: layers made of a seed, rounded by another program.

Targets by elimination with pivots, error feedback by the inverse of the form as GPTQ writes it, and the
loss by its definition, over positions. Usage: gram_rounding.py > gram_rounding_numbers.h
"""
import math

LAYERS = 50


class Stream:
    def __init__(self, seed):
        self.state = seed

    def next(self, count):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % count


def layer_of(index):
    stream = Stream(index + 1)
    inputs, outputs, positions = 1 + stream.next(24), 1 + stream.next(4), 2 + stream.next(80)
    bits, odd = 2 + stream.next(4), stream.next(2)
    x = []
    for _ in range(positions):
        row, common = [], stream.next(100)
        for i in range(inputs):
            row.append(7 if i % 11 == 10 else stream.next(156) + common)
        x.append(row)
    t = [[stream.next(20001) - 10000 for _ in range(outputs)] for _ in range(positions)]
    w = [[(stream.next(2001) - 1000) / 1024 for _ in range(inputs)] for _ in range(outputs)]
    for p in range(positions):
        for o in range(outputs):
            t[p][o] = t[p][o] // 8 + math.floor(sum(a * (b - 3) for a, b in zip(w[o], x[p])) * 16)
    return dict(inputs=inputs, outputs=outputs, x=x, t=t, w=w, lowest=-2 ** (bits - 1), highest=2 ** (bits - 1) - 1,
                centre=odd / 2, steps=[(1 + o / 4) / 2 ** (bits - 1) for o in range(outputs)], zero=3,
                input_step=0.125, target_step=0.125 / 16, refits=index % 2 == 1, keeps_bias=index % 5 == 4)


def solve(matrix, values):
    n = len(values)
    rows = [list(matrix[i]) + [values[i]] for i in range(n)]
    for i in range(n):
        best = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[best] = rows[best], rows[i]
        for r in range(i + 1, n):
            f = rows[r][i] / rows[i][i]
            rows[r] = [a - f * b for a, b in zip(rows[r], rows[i])]
    for i in reversed(range(n)):
        rows[i][n] = (rows[i][n] - sum(rows[i][j] * rows[j][n] for j in range(i + 1, n))) / rows[i][i]
    return [row[n] for row in rows]


def inverse(matrix):
    n = len(matrix)
    columns = [solve(matrix, [float(i == j) for i in range(n)]) for j in range(n)]
    return [[columns[j][i] for j in range(n)] for i in range(n)]


def upper_factor(matrix):
    """U with U' U = matrix."""
    n = len(matrix)
    u = [[0.0] * n for _ in range(n)]
    for i in range(n):
        u[i][i] = math.sqrt(matrix[i][i] - sum(u[k][i] ** 2 for k in range(i)))
        for j in range(i + 1, n):
            u[i][j] = (matrix[i][j] - sum(u[k][i] * u[k][j] for k in range(i))) / u[i][i]
    return u


def rounded(value):
    return round(value)  # half to even


def distance(h, v, y):
    e = [a - b for a, b in zip(v, y)]
    return sum(e[i] * sum(h[i][j] * e[j] for j in range(len(e))) for i in range(len(e)))


class Rounding:
    def __init__(self, layer, h):
        self.layer, self.h, self.n = layer, h, layer["inputs"]
        self.order = sorted(range(self.n), key=lambda i: (h[i][i], i))
        first = self.order[::-1]
        self.first = first
        self.u = upper_factor(inverse([[h[i][j] for j in first] for i in first]))

    def box(self, code):
        return min(max(rounded(code), self.layer["lowest"]), self.layer["highest"])

    def feed_back(self, y):
        w = [y[i] for i in self.first]
        v = [0] * self.n
        for j in range(self.n):
            v[self.first[j]] = self.box(w[j])
            error = (w[j] - v[self.first[j]]) / self.u[j][j]
            for k in range(j + 1, self.n):
                w[k] -= error * self.u[j][k]
        return v

    def descend(self, v, y):
        v, moved = list(v), True
        while moved:
            moved = False
            for i in self.order:
                gradient = sum(self.h[i][j] * (v[j] - y[j]) for j in range(self.n))
                by = self.box(v[i] - gradient / self.h[i][i]) - v[i]
                if 2 * by * gradient + by * by * self.h[i][i] < 0:
                    v[i] += by
                    moved = True
        return v

    def nearest(self, v, y):
        """All codes, but for those whose part of the distance is too large already."""
        r = upper_factor([[self.h[i][j] for j in self.order] for i in self.order])
        target = [y[i] for i in self.order]
        best = [distance(self.h, v, y), [v[i] for i in self.order]]
        codes = [0] * self.n

        def walk(i, so_far):
            if i < 0:
                best[:] = [so_far, list(codes)]
                return
            passed = sum(r[i][j] * (codes[j] - target[j]) for j in range(i + 1, self.n))
            options = [(( r[i][i] * (c - target[i]) + passed) ** 2, c)
                       for c in range(self.layer["lowest"], self.layer["highest"] + 1)]
            for part, code in sorted(options):
                if so_far + part >= best[0]:
                    break
                codes[i] = code
                walk(i - 1, so_far + part)

        walk(self.n - 1, 0.0)
        result = [0] * self.n
        for place, i in enumerate(self.order):
            result[i] = best[1][place]
        return result

    def codes(self, v, y):
        fed, v = self.descend(self.feed_back(y), y), self.descend(v, y)
        if distance(self.h, fed, y) < distance(self.h, v, y):
            v = fed
        return self.nearest(v, y) if self.n <= 16 else v


def round_layer(layer):
    n, x, t, count = layer["inputs"], layer["x"], layer["t"], len(layer["x"])
    mean = [layer["zero"] if layer["keeps_bias"] else sum(row[i] for row in x) / count for i in range(n)]
    centred = [[row[i] - mean[i] for i in range(n)] for row in x]
    h = [[sum(row[i] * row[j] for row in centred) for j in range(n)] for i in range(n)]
    ridge = 0.01 * sum(h[i][i] for i in range(n)) / n
    for i in range(n):
        h[i][i] += ridge
    rounding, loss, total = Rounding(layer, h), 0.0, 0
    lacking = []
    for o in range(layer["outputs"]):
        unit = layer["input_step"] / layer["target_step"]
        mean_t = 0 if layer["keeps_bias"] else sum(row[o] for row in t) / count
        g = [sum(c[i] * (row[o] - mean_t) for c, row in zip(centred, t)) for i in range(n)]
        w = [value * unit for value in layer["w"][o]]
        best = solve(h, [a + ridge * b for a, b in zip(g, w)])
        factor, step = 1.0, layer["steps"][o] * unit
        y = [value / step - layer["centre"] for value in best]
        v = rounding.codes([rounding.box(value) for value in y], y)
        for _ in range(3 if layer["refits"] else 0):
            values = [code + layer["centre"] for code in v]
            wanted = [target + layer["centre"] for target in y]
            hq = [sum(h[i][j] * values[j] for j in range(n)) for i in range(n)]
            grown = sum(a * b for a, b in zip(hq, wanted)) / sum(a * b for a, b in zip(hq, values))
            if factor * grown >= 0.2:
                factor *= grown
                y = [value / grown - layer["centre"] for value in wanted]
            v = rounding.codes(v, y)
        q = [factor * step * (code + layer["centre"]) for code in v]
        product = [sum(a * (b - layer["zero"]) for a, b in zip(q, row)) for row in x]
        bias = 0 if layer["keeps_bias"] else mean_t - sum(product) / count
        loss += sum((row[o] - p - bias) ** 2 for row, p in zip(t, product))
        loss += ridge * sum((a - b) ** 2 for a, b in zip(q, w))
        total += sum((i + 1) * code for i, code in enumerate(v))
        lacking.append(bias * layer["target_step"])
    return loss, total, sum(lacking)


print("/* Made by gram_rounding.py: of each layer the loss, the sum of codes times their places, and of biases. */")
print("static const struct rounded_numbers {\n    double loss;\n    long codes;\n    double lacking;\n} numbers[] = {")
for layer in range(LAYERS):
    loss, total, lacking = round_layer(layer_of(layer))
    print("    {%.17g, %d, %.17g}," % (loss, total, lacking))
print("};")
