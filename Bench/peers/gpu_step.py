"""PyTorch's side of `nativeflow bench gpu`: products and training steps on the GPU, eager, driven line by line.

Commands on standard input, one answer line each:
  gemm FORM M N K              builds operands of op(A) op(B), FORM like NT
  step STRATEGY BATCH WIDTH    builds two Linear layers with a SmoothLeakyReLU between, a Gaussian base and Adam
  run N                        does the work N times: "WALL_SECONDS", after the device has done all
  value                        the last objective
With --tf32 products may use tensor cores on tf32. Without torch or a GPU the first line is "error: ..." and it ends.
"""
import math
import sys
import time

try:
    import torch
    from torch.nn import functional as F
except ImportError as e:
    print(f"error: this Python has no module torch ({e})", flush=True)
    sys.exit(0)
if not torch.cuda.is_available():
    print(f"error: PyTorch {torch.__version__} finds no CUDA device", flush=True)
    sys.exit(0)

TF32 = "--tf32" in sys.argv
torch.backends.cuda.matmul.allow_tf32 = TF32
torch.manual_seed(1)
DEVICE = torch.device("cuda")
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


class Product:
    def __init__(self, form, m, n, k):
        a = torch.randn(k, m, device=DEVICE) if form[0] == "T" else torch.randn(m, k, device=DEVICE)
        b = torch.randn(n, k, device=DEVICE) if form[1] == "T" else torch.randn(k, n, device=DEVICE)
        self.a, self.b = (a.t() if form[0] == "T" else a), (b.t() if form[1] == "T" else b)
        self.c = torch.empty(m, n, device=DEVICE)

    def run(self):
        torch.mm(self.a, self.b, out=self.c)

    def value(self):
        return float(self.c.sum())


class Step:
    def __init__(self, strategy, batch, width):
        self.exact = strategy == "exact-lu"
        if not self.exact and strategy != "snf-reconstruction":
            raise ValueError(strategy)
        # In pinned memory: every step takes its batch up, as ours does.
        self.x = torch.randn(batch, width).pin_memory()
        self.layers = []
        for _ in range(2):
            w = torch.eye(width, device=DEVICE) + torch.randn(width, width, device=DEVICE) * (0.1 / math.sqrt(width))
            b = torch.zeros(width, device=DEVICE)
            layer = [w, b] if self.exact else [w, w.t().clone().contiguous(), b]
            self.layers.append([p.requires_grad_() for p in layer])
        parameters = [p for layer in self.layers for p in layer]
        # A rate of zero leaves the model where it is; the arithmetic is the same.
        self.optimizer = torch.optim.Adam(parameters, lr=0.0, fused=True)
        self.last = torch.zeros((), device=DEVICE)

    def linear(self, x, layer):
        if self.exact:
            w, b = layer
            return torch.addmm(b, x, w.t()), -torch.linalg.slogdet(w)[1]
        return SelfNormalizing.apply(x, *layer)

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        x = self.x.to(DEVICE, non_blocking=True)
        h, first = self.linear(x, self.layers[0])
        a = SLOPE * h + (1 - SLOPE) * F.softplus(h)
        log_det = torch.log(SLOPE + (1 - SLOPE) * torch.sigmoid(h)).sum(1)
        z, second = self.linear(a, self.layers[1])
        log_prob = -0.5 * z.square().sum(1) - 0.5 * z.shape[1] * math.log(2 * math.pi) + log_det
        loss = first + second - log_prob.mean()
        loss.backward()
        self.optimizer.step()
        # Read when asked for, not step by step.
        self.last = loss.detach()

    def value(self):
        return float(self.last)


def main():
    print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}, TF32 {'on' if TF32 else 'off'}", flush=True)
    work = None
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "run":
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(int(words[1])):
                work.run()
            torch.cuda.synchronize()
            print(repr(time.perf_counter() - start), flush=True)
        elif words[0] == "value":
            print(repr(work.value()), flush=True)
        else:
            work = None
            torch.cuda.empty_cache()
            work = Step(words[1], int(words[2]), int(words[3])) if words[0] == "step" else Product(words[1], *map(int, words[2:]))
            for _ in range(3):
                work.run()
            torch.cuda.synchronize()
            print("ready", flush=True)


main()
