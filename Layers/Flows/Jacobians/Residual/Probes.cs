using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Drawing probes.</summary>
public static class Probes
{
    /// <summary>Probes [rows x cols], constants: a function of (key, stream, index) alone.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="kind">Distribution.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="key">Seed of the layer.</param>
    /// <param name="stream">Training step.</param>
    /// <param name="index">Number of the probe within the step.</param>
    public static Var Draw<T>(Tape<T> tape, ProbeKind kind, int rows, int cols, ulong key, ulong stream, int index) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var probe = tape.Allocate(rows, cols, needsGrad: false);
        RandomKind random = kind == ProbeKind.Rademacher ? RandomKind.Rademacher : RandomKind.Gaussian;
        tape.Backend.Random(new RandomArgs(random, tape.ValueOf(probe), key, stream, (ulong)index << 40));
        return probe;
    }
}
