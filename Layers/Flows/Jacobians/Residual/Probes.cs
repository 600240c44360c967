using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Drawing probes.</summary>
public static class Probes
{
    /// <summary>Probes [rows x cols], constants: a function of (key, stream, index) alone.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="kind">Distribution. An orthonormal probe is orthogonal to those of lower index, which are computed for it: where all are wanted, take <see cref="DrawAll"/>.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="key">Seed of the layer.</param>
    /// <param name="stream">Training step.</param>
    /// <param name="index">Number of the probe within the step.</param>
    /// <exception cref="ArgumentException">There is no orthonormal probe of this index in so few columns.</exception>
    public static Var Draw<T>(Tape<T> tape, ProbeKind kind, int rows, int cols, ulong key, ulong stream, int index) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (kind == ProbeKind.Orthonormal) return Part(DrawAll(tape, kind, index + 1, rows, cols, key, stream), rows, index);
        Var probe = tape.Allocate(rows, cols, needsGrad: false);
        Fill(tape, kind, probe, key, stream, index);
        return probe;
    }

    /// <summary>Probes 0 to count - 1 below each other, [count rows x cols], constants; block i is <see cref="Draw"/> of index i, to the bit.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="kind">Distribution.</param>
    /// <param name="count">Probes of a sample; of orthonormal ones at most <paramref name="cols"/>.</param>
    /// <param name="rows">Samples.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="key">Seed of the layer.</param>
    /// <param name="stream">Training step.</param>
    /// <exception cref="ArgumentException">More orthonormal probes than columns.</exception>
    public static Var DrawAll<T>(Tape<T> tape, ProbeKind kind, int count, int rows, int cols, ulong key, ulong stream) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (kind == ProbeKind.Orthonormal && count > cols) throw new ArgumentException($"Probes: {count} orthonormal vectors of {cols} columns are wanted; there are at most {cols}.");
        Var all = tape.Allocate(count * rows, cols, needsGrad: false);
        for (int i = 0; i < count; i++) Fill(tape, kind, Part(all, rows, i), key, stream, i);
        if (kind == ProbeKind.Orthonormal) OrthonormalRows.Orthonormalise(tape, all, count, Math.Sqrt(cols));
        return all;
    }

    /// <summary>Block <paramref name="index"/> [rows x cols] of a stack.</summary>
    public static Var Part(Var stack, int rows, int index) => stack with { Offset = stack.Offset + (index * rows * stack.Cols), Rows = rows };

    private static void Fill<T>(Tape<T> tape, ProbeKind kind, Var probe, ulong key, ulong stream, int index) where T : unmanaged, IFloatingPointIeee754<T>
    {
        RandomKind random = kind == ProbeKind.Rademacher ? RandomKind.Rademacher : RandomKind.Gaussian;
        tape.Backend.Random(new RandomArgs(random, tape.ValueOf(probe), key, stream, (ulong)index << 40));
        if (kind == ProbeKind.Sphere) OrthonormalRows.Orthonormalise(tape, probe, 1, Math.Sqrt(probe.Cols));
    }
}
