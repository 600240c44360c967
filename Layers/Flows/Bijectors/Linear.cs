using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// z = W x + b with a full matrix, whose Jacobian strategy is one argument. Training does what the strategy says; evaluation is always
/// exact, by LU. A Gaussian stays Gaussian: non-linear layers must stand between two of these.
/// </summary>
/// <remarks>Forward 2 B D^2 flops, inverse 2/3 D^3 + 2 B D^2 (or 2 B D^2 through a learned inverse), log-determinant 2/3 D^3.</remarks>
public sealed class Linear<T> : IJacobianLayer<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private JacobianSite _site;

    /// <summary>Creates the layer.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="strategy">How its log-determinant is treated in training; null takes <see cref="ExactLu{T}"/>.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    public Linear(int dimension, IJacobianStrategy<T>? strategy = null, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
        Strategy = strategy ?? new ExactLu<T>();
        HasBias = bias;
        if (SiteRules.Refusal(Strategy, SiteKinds.DenseMatrix) is { } refusal) throw new ArgumentException(refusal);
    }

    /// <inheritdoc/>
    public string Kind => "linear";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => !HasLearnedInverse;

    /// <summary>How the log-determinant is treated in training.</summary>
    public IJacobianStrategy<T> Strategy { get; }

    /// <summary>Whether there is a bias.</summary>
    public bool HasBias { get; }

    /// <summary>The layer's handles, once attached.</summary>
    public JacobianSite Site => _site;

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        // Identity plus noise (Keller et al. 2021, workshop version): Xavier-normal with gain 0.01.
        int d = Dimension;
        var w = new double[d * d];
        RandomFill.Gaussian<double>(seed, 0, 0, w);
        double scale = 0.01 / Math.Sqrt(d);
        for (int i = 0; i < w.Length; i++) w[i] *= scale;
        for (int i = 0; i < d; i++) w[i * d + i] += 1;
        Var weight = store.AddParameter($"{scope}.weight", d, d, w);
        Var bias = HasBias ? store.AddParameter($"{scope}.bias", 1, d, decay: false) : Var.None;
        _site = Strategy.Attach(store, new JacobianSite(SiteKinds.DenseMatrix, scope, d, weight, bias) { Stream = seed }, w);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        return c.Mode == FlowMode.Train ? Strategy.Record(tape, _site, x, c) : ExactLu<T>.RecordExact(tape, _site, x);
    }

    /// <inheritdoc/>
    /// <remarks>With <see cref="InverseKind.Learned"/> and a learned inverse: x = R (z - b), and no log-determinant value.</remarks>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        Var centred = _site.Bias.IsNone ? z : tape.Subtract(z, _site.Bias);
        if (c.Inverse == InverseKind.Learned && HasLearnedInverse)
        {
            Var x = tape.MatMul(centred, _site.InverseWeight, transposeB: true);
            return new FlowStep(x, tape.Constant(0), ValueKind.None, GradientKind.Biased, Var.None, Var.None);
        }
        Var solved = tape.SolveRows(_site.Weight, centred);
        return FlowStep.Exact(solved, tape.Scale(tape.LogAbsDet(_site.Weight), -1));
    }

    /// <summary>Whether the strategy keeps a learned inverse R that <see cref="InverseKind.Learned"/> can use.</summary>
    public bool HasLearnedInverse => Strategy.HasLearnedInverse;

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        BijectorGuard.Attached(Kind, _site.Weight);
        double[] w = SingularValues.Read(store, _site.Weight), s = SingularValues.Of(w, Dimension, Dimension);
        double output = SingularValues.Reach(w, Dimension, Dimension, HasBias ? SingularValues.Read(store, _site.Bias) : [], inputBound);
        return new LipschitzBounds(s[0], 1 / s[^1], output, s[^1] > 0 ? "" : "the matrix is singular");
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        if (!HasBias) json.WriteBoolean("no_bias", true);
        json.WriteStartObject("strategy");
        json.WriteString("name", Strategy.Name);
        Strategy.WriteConfig(json);
        json.WriteEndObject();
    }

    /// <summary>From a recipe entry: dimension, no_bias, strategy.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Linear<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("linear", config);
        int dimension = reader.Integer("dimension", 1);
        bool noBias = reader.Flag("no_bias", false);
        JsonElement? strategy = reader.OptionalObject("strategy");
        return reader.Make(() => new Linear<T>(dimension, strategy is { } s ? JacobianRegistry.FromConfig<T>(s) : null, !noBias));
    }
}
