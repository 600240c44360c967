using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A network that gives a transformer its raw parameters. It need not be invertible.</summary>
public interface IConditioner<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Type name in a recipe; also its page under docs/conditioners.</summary>
    string Kind { get; }

    /// <summary>Columns in: the features it may see, followed by the context if there is one.</summary>
    int InputWidth { get; }

    /// <summary>Columns out.</summary>
    int OutputWidth { get; }

    /// <summary>Adds its parameters. The last layer starts with small weights and with <paramref name="outputStart"/> as its bias, so that the flow starts where the transformer says.</summary>
    void Attach(ParameterStore<T> store, string scope, ulong seed, ReadOnlySpan<double> outputStart);

    /// <summary>Records the output [batch x OutputWidth] for [batch x InputWidth].</summary>
    Var Record(Tape<T> tape, Var input);

    /// <summary>The same with the reason: a network that normalises its weights takes one step towards their norms in training. Without a reason it does as in evaluation.</summary>
    Var Record(Tape<T> tape, Var input, in StepContext c) => Record(tape, input);

    /// <summary>Writes the properties that <see cref="ConditionerRegistry"/> needs besides the widths; the caller writes the braces and <c>kind</c>.</summary>
    void WriteConfig(Utf8JsonWriter json);
}
