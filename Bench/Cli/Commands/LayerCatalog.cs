namespace NativeFlow.Cli.Commands;

/// <summary>What a layer costs and what its log-determinant is.</summary>
/// <param name="Room">Folder of its page under docs: bijectors, transformers, conditioners or distributions.</param>
/// <param name="Kind">Recipe name.</param>
/// <param name="Forward">Cost a sample of data to latent; of a distribution, its log-density.</param>
/// <param name="Inverse">Cost a sample of latent to data; of a distribution, a draw.</param>
/// <param name="LogDet">Kind of the log-determinant and what it costs beyond the map.</param>
internal sealed record LayerInfo(string Room, string Kind, string Forward, string Inverse, string LogDet)
{
    /// <summary>Path of its page.</summary>
    public string Page => $"docs/{Room}/{Kind}.md";
}

/// <summary>Every layer that a recipe can name. Costs in features D, bins or components K, a pass N of the network, evaluations E of a root finder or solver.</summary>
internal static class LayerCatalog
{
    private const string Free = "exact, free", Constant = "exact, constant", Zero = "exact, 0", Diagonal = "exact, D";

    public static IReadOnlyList<LayerInfo> All { get; } =
    [
        .. Room("bijectors",
            ("actnorm", "D", "D", Constant),
            ("affine", "D", "D", Constant),
            ("autoregressive", "maf: N + transformer; iaf: D N", "maf: D N; iaf: N + transformer", "exact, transformer"),
            ("autoregressive-conv", "D C k^2", "D C k^2, pixel by pixel", Constant),
            ("batchnorm", "D", "D", Constant),
            ("bnaf", "N", "E D N", "exact, within the pass"),
            ("bounded-linear", "D K", "D K", Constant),
            ("cauchy-cdf", "D", "D", Diagonal),
            ("circulant", "D^2", "D^2", "exact, constant: a Fourier transform"),
            ("circular-spline", "D K", "D K", Diagonal),
            ("cnf", "E N (D E N in evaluation)", "E N", "exact: D E N; hutchinson: E N, unbiased up to the solver"),
            ("conv1x1", "D C", "D C after C^3 once", "exact, constant: dense C^3 once, other forms C or 0"),
            ("conv2d", "D C k^2", "banded: D^2 k C after D (k C W)^2 once", "by strategy; exact, banded: D (k C W)^2 once a step"),
            ("conv-exponential", "n D C k^2, n terms", "n D C k^2", "exact, the trace: C"),
            ("coupling", "N + transformer", "N + transformer", "exact, transformer"),
            ("diagonal-low-rank", "D r", "D r + r^3", "exact, constant: D r^2 + r^3 once"),
            ("elementwise", "transformer", "transformer", "exact, transformer"),
            ("emerging", "D C k^2", "D C k^2, pixel by pixel", "exact, constant: C^3 once"),
            ("exp", "D", "D", Diagonal),
            ("free-form", "N", "N learned; E (D N + D^3) exact", "exact: D N + D^3; in training a gradient alone, N"),
            ("glow-coupling", "N", "N", Diagonal),
            ("haar-squeeze", "D", "D", Zero),
            ("householder", "D K", "D K", Zero),
            ("hyperbolic-chart", "D", "D", Free),
            ("iaf-gated", "N", "D N", Free),
            ("leaky-relu", "D", "D", Diagonal),
            ("learnable-leaky-relu", "D", "D", Diagonal),
            ("linear", "D^2", "D^2 after D^3 once", "by strategy; exact: D^3 once a step"),
            ("linear-lu", "D^2", "D^2", Constant),
            ("linear-lu-packed", "D^2", "D^2", Constant),
            ("linear-qr", "D^2 + D K", "D^2 + D K", Constant),
            ("linear-svd", "D K", "D K", Constant),
            ("loft", "D", "D", Diagonal),
            ("logit", "D", "D", Diagonal),
            ("matrix-exponential", "D^2 after D^3 once", "D^2 after D^3 once", "exact, the trace"),
            ("multi-scale", "its layers", "its layers", "that of its layers"),
            ("nonlinear-squared", "D", "D", Diagonal),
            ("permutation", "D", "D", Zero),
            ("piecewise", "N + D K", "N + D K, the branch drawn", "exact, D K: the gate's probability with it"),
            ("planar", "D", "E + D", "exact, D"),
            ("radial", "D", "D", "exact, D"),
            ("rational-quadratic-spline", "D K", "D K", Diagonal),
            ("recomputed", "its layers, twice in training", "its layers, twice in training", "that of its layers"),
            ("residual", "N", "E N", "exact: D N + D^3; truncated, roulette, neumann: E N"),
            ("rotation", "D^2 after D^3 once", "D^2 after D^3 once", Zero),
            ("sigmoid", "D", "D", Diagonal),
            ("smooth-leaky-relu", "D", "E D", Diagonal),
            ("smooth-tanh", "D", "E D", Diagonal),
            ("sneaky-relu", "D", "D", Diagonal),
            ("softplus", "D", "D", Diagonal),
            ("squeeze", "D", "D", Zero),
            ("sylvester", "D M", "E M + D M", "exact, M"),
            ("tangent-coupling", "N", "N", Diagonal),
            ("tanh", "D", "D", Diagonal),
            ("triangular", "D^2", "D^2", Constant),
            ("two-sided-coupling", "2 N", "2 N", Diagonal),
            ("variational-dequantization", "its layers", "D", "a bound: one draw of the noise"),
            ("woodbury", "D r", "D r + r^3", "exact, constant: D r^2 + r^3 once"),
            ("wrapped-hyperboloid-coupling", "N", "N", Diagonal)),
        .. Room("transformers",
            ("additive", "D", "D", Zero),
            ("affine", "D", "D", Diagonal),
            ("bernstein", "D K", "E D K", Diagonal),
            ("bernstein-bounded", "D K", "E D K", Diagonal),
            ("circular-spline", "D K", "D K", Diagonal),
            ("cubic-spline", "D K", "D K", Diagonal),
            ("ddsf", "D K^2", "E D K^2", Diagonal),
            ("dsf", "D K", "E D K", Diagonal),
            ("gaussianization", "D K", "E D K", Diagonal),
            ("integer-additive", "D", "D", "exact, 0: probabilities, no density"),
            ("linear-spline", "D K", "D K", Diagonal),
            ("logistic-mixture-cdf", "D K", "E D K", Diagonal),
            ("mixture-logistic", "D K", "E D K", Diagonal),
            ("monotone-mlp", "D N", "E D N", Diagonal),
            ("normal-mixture-cdf", "D K", "E D K", Diagonal),
            ("quadratic-spline", "D K", "D K", Diagonal),
            ("rational-quadratic", "D K", "D K", Diagonal),
            ("rational-quadratic-bounded", "D K", "D K", Diagonal),
            ("rational-quadratic-soft-clip", "D K", "D K", Diagonal),
            ("sum-of-squares", "D K", "E D K", Diagonal),
            ("umnn", "E D N", "E^2 D N", "exact, D N: the integrand")),
        .. Room("conditioners",
            ("angle-features", "N", "", ""),
            ("conv-net", "N", "", ""),
            ("made", "N", "", ""),
            ("mlp", "N", "", ""),
            ("residual-mlp", "N", "", ""),
            ("separate", "sum of N", "", "")),
        .. Room("distributions",
            ("cauchy", "D", "D", ""),
            ("diagonal-gaussian-mixture", "D K", "D", ""),
            ("diagonal-normal", "D", "D", ""),
            ("discretized-logistic", "D", "D", ""),
            ("full-gaussian-mixture", "D^2 K", "D^2", ""),
            ("full-normal-covariance", "D^2 after D^3 once", "D^2", ""),
            ("full-normal-scale-tril", "D^2", "D^2", ""),
            ("gumbel", "D", "D", ""),
            ("laplace", "D", "D", ""),
            ("logistic", "D", "D", ""),
            ("logistic-mixture", "D K", "D", ""),
            ("riemannian-normal", "D", "D, the radius by Newton's method", ""),
            ("standard-normal", "D", "D", ""),
            ("student-t", "D", "D", ""),
            ("uniform-sphere", "D", "D", ""),
            ("uniform-torus", "D", "D", ""),
            ("wrapped-normal", "D", "D", ""),
            ("wrapped-normal-mixture", "D K", "D K", "")),
    ];

    private static IEnumerable<LayerInfo> Room(string room, params (string Kind, string Forward, string Inverse, string LogDet)[] layers)
        => layers.Select(l => new LayerInfo(room, l.Kind, l.Forward, l.Inverse, l.LogDet));
}
