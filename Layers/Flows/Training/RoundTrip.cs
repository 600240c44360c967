using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How well a flow's exact inverse undoes it: x to z and back, on rows of data or on the flow's own samples.</summary>
/// <param name="Rows">Rows tried.</param>
/// <param name="Largest">Largest |f^-1(f(x)) - x| of all features, in units of x. Infinite where a number on the way is not finite.</param>
/// <param name="RootMeanSquare">Root mean square of f^-1(f(x)) - x over rows and features.</param>
/// <param name="NonFinite">Features whose way back is not a finite number.</param>
public readonly record struct RoundTrip(int Rows, double Largest, double RootMeanSquare, long NonFinite)
{
    /// <summary>The first rows of a table, with dequantisation noise where its values are levels.</summary>
    /// <param name="flow">The flow; must take no context.</param>
    /// <param name="table">The rows.</param>
    /// <param name="rows">How many, at most.</param>
    /// <param name="key">Key of the noise.</param>
    /// <exception cref="ArgumentException">The flow takes a context, or the table has another number of columns.</exception>
    public static RoundTrip OfData<T>(Flow<T> flow, Table table, int rows, ulong key) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (table.Columns != flow.Dimension) throw new ArgumentException($"RoundTrip: {table.Name} has {table.Columns} columns, the flow {flow.Dimension} features; they must be equal.");
        int count = Math.Min(rows, table.Rows);
        var x = new T[count * table.Columns];
        for (int r = 0; r < count; r++) table.CopyRow(r, x.AsSpan(r * table.Columns, table.Columns));
        if (table.Levels > 0) Dequantization.AddUniformNoise(x.AsSpan(), key, 0, 0);
        return Of(flow, x);
    }

    /// <summary>Samples of the flow itself.</summary>
    /// <param name="flow">The flow; must take no context.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Seed of the samples.</param>
    /// <exception cref="ArgumentException">The flow takes a context.</exception>
    public static RoundTrip OfSamples<T>(Flow<T> flow, int count, ulong seed) where T : unmanaged, IFloatingPointIeee754<T> => Of(flow, flow.Sample(count, seed));

    /// <summary>Rows of one's own, [rows x features].</summary>
    /// <exception cref="ArgumentException">The flow takes a context and there is none, or one that does not fit; or these are no whole rows.</exception>
    public static RoundTrip Of<T>(Flow<T> flow, ReadOnlySpan<T> x, ReadOnlySpan<T> context = default) where T : unmanaged, IFloatingPointIeee754<T>
    {
        const int BlockElements = 1 << 17;
        int d = flow.Dimension, rows = x.Length / d;
        if (flow.ContextWidth > 0 && context.IsEmpty) throw new ArgumentException($"RoundTrip: the flow takes a context of {flow.ContextWidth} columns; only flows without one can be tried.");
        if (rows * d != x.Length) throw new ArgumentException($"RoundTrip: {x.Length} numbers are no whole rows of {d} features.");
        flow.RequireContext("RoundTrip", rows, context.Length);
        using var tape = new Tape<T>(flow.Backend, flow.Store) { RecordsGradients = false };
        int block = Math.Max(1, BlockElements / d);
        var back = new T[block * d];
        double largest = 0, square = 0;
        long bad = 0;
        for (int start = 0; start < rows; start += block)
        {
            int count = Math.Min(block, rows - start);
            ReadOnlySpan<T> there = x.Slice(start * d, count * d);
            tape.Reset();
            Var given = context.IsEmpty ? Var.None : tape.Input(context.Slice(start * flow.ContextWidth, count * flow.ContextWidth), count, flow.ContextWidth);
            var c = new StepContext { Mode = FlowMode.Evaluate, Context = given };
            Var z = flow.Forward(tape, tape.Input(there, count, d), c).Output;
            tape.Read(flow.Inverse(tape, z, c).Output, back.AsSpan(0, count * d));
            for (int i = 0; i < there.Length; i++)
            {
                double error = Math.Abs(double.CreateTruncating(back[i]) - double.CreateTruncating(there[i]));
                if (!double.IsFinite(error))
                {
                    bad++;
                    error = double.PositiveInfinity;
                }

                largest = Math.Max(largest, error);
                square += error * error;
            }
        }

        return new RoundTrip(rows, largest, Math.Sqrt(square / Math.Max(1, x.Length)), bad);
    }
}
