using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A lower triangular scale matrix L of a normal distribution with covariance L L^T.</summary>
internal sealed class TriangularScale<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _dimension;
    private readonly T[] _mask;
    private readonly DistributionParameter<T> _raw;

    public TriangularScale(string kind, string name, int dimension, ReadOnlySpan<double> given, bool trainable)
    {
        _dimension = dimension;
        double[] identity = new double[dimension * dimension];
        _mask = new T[dimension * dimension];
        for (int i = 0; i < dimension; i++)
        {
            identity[i * dimension + i] = 1;
            _mask.AsSpan(i * dimension, i + 1).Fill(T.One);
        }

        _raw = new DistributionParameter<T>(kind, name, dimension, dimension, given, identity, trainable);
        for (int i = 0; i < dimension && !given.IsEmpty; i++)
            if (given[i * dimension + i] == 0) throw new ArgumentException($"{name}: diagonal element {i} is 0; all must differ from 0.");
    }

    public void Attach(ParameterStore<T> store, string scope) => _raw.Attach(store, scope);

    public void WriteConfig(Utf8JsonWriter json) => _raw.WriteConfig(json);

    /// <summary>L, its upper triangle 0 and without gradient.</summary>
    public Var Lower(Tape<T> tape) => tape.Multiply(_raw.On(tape), tape.Input(_mask, _dimension, _dimension));

    /// <summary>log N(d; 0, L L^T) for rows d: [batch x 1].</summary>
    public Var LogProb(Tape<T> tape, Var d) => LogProb(tape, Lower(tape), d);

    /// <summary>log N(d; 0, L L^T) for rows d and a lower triangular L: [batch x 1].</summary>
    public static Var LogProb(Tape<T> tape, Var lower, Var d)
        => tape.Subtract(tape.StandardNormalLogProb(tape.SolveRows(lower, d)), tape.LogAbsDet(lower));
}
