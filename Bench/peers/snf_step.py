"""PyTorch's side of `nativeflow bench step` and of the spline row: the same work, driven line by line.

Commands on standard input, one answer line each:
  step STRATEGY BATCH WIDTH    builds two Linear layers with a SmoothLeakyReLU between, a Gaussian base and Adam
  spline ROWS WIDTH BINS       builds a rational-quadratic spline with parameters of its own for every element
  run N                        does the work N times: "CPU_SECONDS WALL_SECONDS"
  value                        the last objective, or the mean log-determinant
One thread. With --wide the fused optimiser is used where this version has one for the processor.
"""
import inspect
import math
import sys
import time

import torch
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(1)
WIDE = "--wide" in sys.argv
SLOPE, WEIGHT = 0.3, 1.0


class SelfNormalizing(torch.autograd.Function):
    """z = x W^T + b with learned inverse R. Six products of 2 B D^2 flops, five where dX is not needed."""

    @staticmethod
    def forward(ctx, x, w, r, b):
        h = x.mm(w.t())
        e = torch.addmm(x, h, r.t(), beta=-1)
        ctx.save_for_backward(x, w, r, h, e)
        return h + b, e.square().sum() * (WEIGHT / x.shape[0])

    @staticmethod
    def backward(ctx, dz, dpenalty):
        x, w, r, h, e = ctx.saved_tensors
        k = e * (dpenalty * (2 * WEIGHT / x.shape[0]))
        dx = dz.mm(w) if ctx.needs_input_grad[0] else None
        # The penalty joins the output gradient, so that one product serves both; R^T stands for the inverse in d(-log|det W|).
        left = torch.addmm(dz, k, r)
        return dx, torch.addmm(r.t(), left.t(), x, beta=-1), k.t().mm(h), dz.sum(0)


class Step:
    def __init__(self, strategy, batch, width):
        self.exact = strategy == "exact-lu"
        if not self.exact and strategy != "snf-reconstruction":
            raise ValueError(strategy)
        self.x = torch.randn(batch, width)
        self.layers = []
        for _ in range(2):
            w = torch.eye(width) + torch.randn(width, width) * (0.1 / math.sqrt(width))
            layer = [w, torch.zeros(width)] if self.exact else [w, w.t().clone().contiguous(), torch.zeros(width)]
            self.layers.append([p.requires_grad_() for p in layer])
        parameters = [p for layer in self.layers for p in layer]
        extra = {"fused": True} if WIDE and torch.__version__ >= "2.4" and "fused" in inspect.signature(torch.optim.Adam).parameters else {}
        # A rate of zero leaves the model where it is; the arithmetic is the same.
        self.optimizer = torch.optim.Adam(parameters, lr=0.0, **extra)
        self.value = 0.0

    def linear(self, x, layer):
        if self.exact:
            w, b = layer
            return torch.addmm(b, x, w.t()), -torch.linalg.slogdet(w)[1]
        return SelfNormalizing.apply(x, *layer)

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        h, first = self.linear(self.x, self.layers[0])
        a = SLOPE * h + (1 - SLOPE) * F.softplus(h)
        log_det = torch.log(SLOPE + (1 - SLOPE) * torch.sigmoid(h)).sum(1)
        z, second = self.linear(a, self.layers[1])
        log_prob = -0.5 * z.square().sum(1) - 0.5 * z.shape[1] * math.log(2 * math.pi) + log_det
        loss = first + second - log_prob.mean()
        loss.backward()
        self.optimizer.step()
        self.value = float(loss.detach())


class Spline:
    """Durkan et al. 2019, with linear tails outside [-5, 5]."""

    def __init__(self, rows, width, bins):
        self.x = torch.randn(rows, width)
        self.raw = torch.randn(rows, width, 3 * bins - 1)
        self.bins, self.bound, self.least = bins, 5.0, 1e-3
        self.value = 0.0

    def knots(self, raw):
        sizes = self.least + (1 - self.least * self.bins) * torch.softmax(raw, -1)
        places = F.pad(torch.cumsum(sizes, -1), (1, 0)) * (2 * self.bound) - self.bound
        places[..., -1] = self.bound
        return places

    @torch.no_grad()
    def run(self):
        n, bound = self.bins, self.bound
        kx, ky = self.knots(self.raw[..., :n]), self.knots(self.raw[..., n:2 * n])
        slope = F.pad(self.least + F.softplus(self.raw[..., 2 * n:]), (1, 1), value=1.0)
        inside = self.x.abs() <= bound
        x = self.x.clamp(-bound, bound)
        bin_ = (x.unsqueeze(-1) >= kx[..., 1:-1]).sum(-1, keepdim=True)
        left, right = kx.gather(-1, bin_).squeeze(-1), kx.gather(-1, bin_ + 1).squeeze(-1)
        low, high = ky.gather(-1, bin_).squeeze(-1), ky.gather(-1, bin_ + 1).squeeze(-1)
        d0, d1 = slope.gather(-1, bin_).squeeze(-1), slope.gather(-1, bin_ + 1).squeeze(-1)
        width, height = right - left, high - low
        s = height / width
        t = (x - left) / width
        tt = t * (1 - t)
        bottom = s + (d0 + d1 - 2 * s) * tt
        z = torch.where(inside, low + height * (s * t * t + d0 * tt) / bottom, self.x)
        top = s * s * (d1 * t * t + 2 * s * tt + d0 * (1 - t) * (1 - t))
        log_det = torch.where(inside, torch.log(top) - 2 * torch.log(bottom), torch.zeros_like(x)).sum(1)
        self.value = float(log_det.mean())
        return z


def main():
    capability = getattr(torch.backends.cpu, "get_cpu_capability", lambda: "")() if hasattr(torch.backends, "cpu") else ""
    if not capability:
        capability = next((line.split(":")[1].strip() for line in torch.__config__.show().splitlines() if "CPU capability usage" in line), "unknown")
    print(f"PyTorch {torch.__version__}, capability {capability}", flush=True)
    work = None
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "run":
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(int(words[1])):
                work.run()
            print(repr(time.process_time() - cpu), repr(time.perf_counter() - wall), flush=True)
        elif words[0] == "value":
            print(repr(work.value), flush=True)
        else:
            work = None
            work = Step(words[1], int(words[2]), int(words[3])) if words[0] == "step" else Spline(*map(int, words[1:]))
            for _ in range(3):
                work.run()
            print("ready", flush=True)


main()
