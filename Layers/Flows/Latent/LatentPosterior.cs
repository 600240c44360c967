using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// The law q(w | x) of a latent variable: a normal, or a wrapped normal on the hyperboloid, given by what an encoder says of a row, then
/// a flow. All of it in tangent coordinates w = log_o(z) at the origin, where the prior is N(0, I).
/// </summary>
/// <remarks>
/// sigma = softplus(raw) + 1e-5, v = sigma eps. Normal: w0 = mu + v. Wrapped: w0 = T_mu(v) = log_o(exp_mu(PT_o,mu(v))) and
/// log q(w0) = log N(v; 0, sigma^2) + (n - 1) (L(|w0|/R) - L(|v|/R)), L(r) = log(sinh(r)/r). Flow: w = f^-1(w0), log q(w) = log q(w0) - log|det|.
/// Sources: Kingma and Welling 2014; Nagano et al. 2019 (wrapped normal); Bose et al. 2020.
/// </remarks>
public sealed class LatentPosterior<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Least deviation.</summary>
    public const double LeastScale = 1e-5;

    private readonly double _meanLimit;
    private string _scope = "";
    private string[] _scopes = [];

    /// <summary>Makes the law.</summary>
    /// <param name="dimension">Columns n of the latent.</param>
    /// <param name="space">Where the wrapped normal lives; null for a normal.</param>
    /// <param name="flow">Layers from w to the first draw w0, as in <see cref="Flow{T}"/>; they are walked backwards, by their inverses. None leaves w = w0.</param>
    /// <param name="meanLimit">With a space: the farthest from the origin, in units of the radius, that a mean may lie; null for 16 in double and 8 in float. It is approached smoothly.</param>
    /// <exception cref="ArgumentException">Widths do not fit, or a number is out of range.</exception>
    public LatentPosterior(int dimension, HyperbolicSpace<T>? space = null, IReadOnlyList<IBijector<T>>? flow = null, double? meanLimit = null)
    {
        BijectorGuard.Dimension("latent dimension", dimension);
        Dimension = dimension;
        Space = space;
        Flow = flow is null ? [] : [.. flow];
        foreach (IBijector<T> layer in Flow)
            if (layer.Dimension != dimension) throw new ArgumentException($"LatentPosterior: a layer ({layer.Kind}) has {layer.Dimension} features, the latent {dimension}; they must be equal.");
        _meanLimit = meanLimit ?? (typeof(T) == typeof(float) ? 8 : 16);
        if (!(_meanLimit > 0)) throw new ArgumentException($"LatentPosterior: the limit of the mean is {_meanLimit}; it must be above 0.");
    }

    /// <summary>Columns of the latent.</summary>
    public int Dimension { get; }

    /// <summary>Where the wrapped normal lives; null for a normal.</summary>
    public HyperbolicSpace<T>? Space { get; }

    /// <summary>The flow's layers, from w to w0.</summary>
    public IReadOnlyList<IBijector<T>> Flow { get; }

    /// <summary>Whether <see cref="RecordDivergence"/> is possible: a normal without a flow.</summary>
    public bool HasAnalyticDivergence => Space is null && Flow.Count == 0;

    /// <summary>Adds the space's radius and the flow's parameters under <paramref name="scope"/>.</summary>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        _scope = scope + ".";
        Space?.Attach(store, scope);
        _scopes = new string[Flow.Count];
        for (int i = 0; i < Flow.Count; i++)
        {
            string name = $"{scope}.flow.{i}";
            _scopes[i] = $"{name}.{Flow[i].Kind}.";
            Flow[i].Attach(store, name, SeedMix.Of(seed, (ulong)i));
        }
    }

    /// <summary>Records one draw for every row. Noise is a function of (key, stream, element); allocates nothing after the first recording of a shape.</summary>
    /// <param name="tape">Where.</param>
    /// <param name="mu">Mean [batch x n], a vector of the tangent space at the origin.</param>
    /// <param name="rawScale">[batch x n]: the deviation is softplus of it + 1e-5.</param>
    /// <param name="key">Key of the noise.</param>
    /// <param name="stream">Stream under the key.</param>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    /// <exception cref="NotSupportedException">A layer's inverse has no exact log-determinant.</exception>
    public LatentDraw Record(Tape<T> tape, Var mu, Var rawScale, ulong key, ulong stream)
        => Record(tape, mu, rawScale, DistributionNoise.Gaussian(tape, mu.Rows, mu.Cols, key, stream), new StepContext { Key = key, Step = (long)stream });

    /// <summary>As <see cref="Record(Tape{T}, Var, Var, ulong, ulong)"/>, with standard normal noise of the caller's [batch x n].</summary>
    public LatentDraw Record(Tape<T> tape, Var mu, Var rawScale, Var noise, in StepContext c)
    {
        BijectorGuard.Width("latent mean", Dimension, mu);
        if (rawScale.Rows != mu.Rows || rawScale.Cols != mu.Cols) throw new ArgumentException($"LatentPosterior: the mean is {mu.Shape}, the raw scale {rawScale.Shape}; they must be equal.");
        string outer = tape.Scope;
        tape.Scope = _scope;
        Var sigma = Scale(tape, rawScale);
        Var v = tape.Multiply(noise, sigma);
        Var logPosterior = tape.Subtract(tape.StandardNormalLogProb(noise), tape.SumColumns(tape.Log(sigma)));
        Var w;
        if (Space is null)
        {
            w = tape.Add(v, mu);
        }
        else
        {
            w = Space.Translate(tape, v, Space.Exp0(tape, Bounded(tape, mu)));
            if (Dimension > 1)
                logPosterior = tape.Add(logPosterior, tape.Scale(tape.Subtract(Space.LogSinhRatio(tape, w), Space.LogSinhRatio(tape, v)), Dimension - 1));
        }

        for (int i = Flow.Count - 1; i >= 0; i--)
        {
            tape.Scope = _scopes[i];
            FlowStep step = Flow[i].Inverse(tape, w, c);
            if (step.Value != ValueKind.Exact || step.Gradient != GradientKind.Exact)
                throw new NotSupportedException($"LatentPosterior: the inverse of {Flow[i].Kind} has a log-determinant of kind {step.Value} with a gradient of kind {step.Gradient}; a posterior needs both exact, use layers with an exact inverse.");
            w = step.Output;
            logPosterior = tape.Subtract(logPosterior, step.LogAbsDet);
        }

        tape.Scope = _scope;
        Var logPrior = tape.StandardNormalLogProb(w);
        tape.Scope = outer;
        return new LatentDraw(w, logPosterior, logPrior);
    }

    /// <summary>Records KL(N(mu, sigma^2), N(0, I)) = sum of (sigma^2 + mu^2 - 1)/2 - log sigma [batch x 1]: the exact mean of <see cref="LatentDraw.Divergence"/> over draws.</summary>
    /// <exception cref="InvalidOperationException">It has no closed form here.</exception>
    public Var RecordDivergence(Tape<T> tape, Var mu, Var rawScale)
    {
        if (!HasAnalyticDivergence) throw new InvalidOperationException("LatentPosterior: the divergence has a closed form for a normal without a flow only; take it by the draw.");
        Var sigma = Scale(tape, rawScale);
        Var squares = tape.AddConstant(tape.Add(tape.Square(sigma), tape.Square(mu)), -1);
        return tape.SumColumns(tape.Subtract(tape.Scale(squares, 0.5), tape.Log(sigma)));
    }

    private static Var Scale(Tape<T> tape, Var raw) => tape.AddConstant(tape.Softplus(raw), LeastScale);

    // mu (1 + s^4)^(-1/4), s = |mu|/(limit R): smooth, along mu, shorter than limit R, and within 0.1 % of mu up to a quarter of it. In
    // powers of |mu|^2, so that nothing is singular at mu = 0.
    private Var Bounded(Tape<T> tape, Var mu)
    {
        Var scaled = tape.Divide(mu, tape.Scale(Space!.RecordRadius(tape), _meanLimit));
        Var square = tape.Square(tape.SumColumns(tape.Square(scaled)));
        return tape.Multiply(mu, tape.Exp(tape.Scale(tape.Log1p(square), -0.25)));
    }
}
