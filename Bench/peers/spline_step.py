#!/usr/bin/python3
"""Times a rational-quadratic spline with linear tails in PyTorch, one thread: 256 x 64 elements, 8 bins, parameters per sample.

Forward is value and log-determinant from raw parameters, inverse likewise, backward the gradients of input and raw parameters. Prints one
JSON line: process CPU nanoseconds an element, medians. Own code after Durkan et al. 2019, eq. 4-8; Bench/Micro/SplineBench.cs is the same in NativeFlow.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

ROWS, COLUMNS, BINS, BOUND, LEAST = 256, 64, 8, 3.0, 1e-3


def knots(raw):
    sizes = LEAST + (1 - LEAST * BINS) * torch.softmax(raw, -1)
    at = F.pad(torch.cumsum(sizes, -1), (1, 0)) * (2 * BOUND) - BOUND
    at[..., 0], at[..., -1] = -BOUND, BOUND
    return at, at[..., 1:] - at[..., :-1]


def spline(v, raw, inverse):
    x, w = knots(raw[..., :BINS])
    y, h = knots(raw[..., BINS:2 * BINS])
    d = F.pad(LEAST + F.softplus(raw[..., 2 * BINS:]), (1, 1), value=1.0)
    outside = v.abs() > BOUND
    u = torch.where(outside, torch.zeros_like(v), v)
    i = torch.searchsorted((y if inverse else x)[..., 1:-1].detach().contiguous(), u[..., None], right=True)
    x0, w, y0, h, d0, d1 = (t.gather(-1, i + k)[..., 0] for t, k in ((x, 0), (w, 0), (y, 0), (h, 0), (d, 0), (d, 1)))
    s = h / w
    e = d0 + d1 - 2 * s
    if inverse:
        c = u - y0
        b = h * d0 - c * e
        t = 2 * s * c / (b + torch.sqrt(b * b + 4 * (h * (s - d0) + c * e) * s * c))
    else:
        t = (u - x0) / w
    q = t * (1 - t)
    m = s + e * q
    slope = torch.log(s * s * (d1 * t * t + 2 * s * q + d0 * (1 - t) ** 2)) - 2 * torch.log(m)
    value = x0 + w * t if inverse else y0 + h * (s * t * t + d0 * q) / m
    log_det = torch.where(outside, torch.zeros_like(v), -slope if inverse else slope).sum(-1)
    return torch.where(outside, v, value), log_det


def median_ns(run, rounds):
    run()
    times = []
    for _ in range(rounds):
        start = time.process_time_ns()
        run()
        times.append(time.process_time_ns() - start)
    return sorted(times)[len(times) // 2] / (ROWS * COLUMNS)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    torch.set_num_threads(1)
    torch.manual_seed(1)
    v, raw = torch.randn(ROWS, COLUMNS), torch.randn(ROWS, COLUMNS, 3 * BINS - 1)
    with torch.no_grad():
        forward = median_ns(lambda: spline(v, raw, False), rounds)
        inverse = median_ns(lambda: spline(v, raw, True), rounds)
    v.requires_grad_(True)
    raw.requires_grad_(True)

    def both():
        v.grad = raw.grad = None
        value, log_det = spline(v, raw, False)
        (value.sum() + log_det.sum()).backward()

    print(json.dumps({"peer": "pytorch " + torch.__version__, "forward_ns": round(forward, 2), "inverse_ns": round(inverse, 2), "forward_backward_ns": round(median_ns(both, rounds), 2)}))


if __name__ == "__main__":
    main()
