using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// How a layer's log-determinant is treated in training. The kinds of its value and of its gradient are part of the type, so that
/// an objective can never be mistaken for a likelihood. A strategy is immutable; what it keeps per layer lies in the store.
/// </summary>
public interface IJacobianStrategy<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Name in recipes and on the command line, such as <c>exact-lu</c>; also its page under docs/jacobians.</summary>
    string Name { get; }

    /// <summary>What the training value of the log-determinant is.</summary>
    ValueKind Value { get; }

    /// <summary>What its parameter gradient is.</summary>
    GradientKind Gradient { get; }

    /// <summary>Where it works.</summary>
    SiteKinds Supports { get; }

    /// <summary>Whether it keeps a learned inverse as <see cref="JacobianSite.InverseWeight"/> that <see cref="InverseKind.Learned"/> can use.</summary>
    bool HasLearnedInverse => false;

    /// <summary>Adds parameters, buffers and counters for a site and returns the site completed with their handles.</summary>
    /// <exception cref="NotSupportedException">The site's kind is not among <see cref="Supports"/>.</exception>
    JacobianSite Attach(ParameterStore<T> store, in JacobianSite site, ReadOnlySpan<double> initialWeight);

    /// <summary>Records the map and its log-determinant for a training step. Owns both, because some strategies change the map's backward.</summary>
    FlowStep Record(Tape<T> tape, in JacobianSite site, Var x, in StepContext c);

    /// <summary>Writes the options needed to make it again; the caller writes the braces and <c>name</c>.</summary>
    void WriteConfig(Utf8JsonWriter json);
}
