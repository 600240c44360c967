using System.Globalization;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Compares a layer's input, rebuilt by inverses, with the one that is still there.</summary>
internal static class RebuildCheck<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Largest distance of a row from the true one, over max(1, its length), that passes: half of the digits.</summary>
    public static readonly double Most = Math.Sqrt(Precision<T>.Epsilon);

    // Slices rebuilt, true, (distance, row); size columns.
    private static readonly KernelId WorstId = CpuKernels<T>.Define("rebuild-error",
        static (in CpuArgs<T> a) =>
        {
            double worst = -1;
            int cols = a.Size(0);
            for (int r = 0; r < a[0].Length / cols; r++)
            {
                double distance = 0, length = 0;
                for (int i = r * cols; i < (r + 1) * cols; i++)
                {
                    double x = double.CreateTruncating(a[1][i]), d = double.CreateTruncating(a[0][i]) - x;
                    distance += d * d;
                    length += x * x;
                }
                double relative = Math.Sqrt(distance / Math.Max(1, length));
                // A row that is no number is the worst there can be.
                if (relative <= worst) continue;
                (worst, a[2][0], a[2][1]) = (relative, T.CreateTruncating(relative), T.CreateTruncating(r));
                if (double.IsNaN(relative)) return;
            }
        });

    /// <exception cref="NotConvergedException">A row is off by more than <see cref="Most"/>.</exception>
    public static void Require(Tape<T> tape, Slice rebuilt, Slice truth, int cols, string scope)
    {
        (int, int) borrowed = tape.Workspace.Mark;
        Slice found = tape.Workspace.Take(2);
        tape.Backend.Run(WorstId, new KernelArgs([rebuilt, truth, found], [cols]));
        tape.Checks.Check(
            new CheckSite<T>(
                static (s, error, row, _) => new NotConvergedException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{s.Scope}recompute: row {row} of the input, rebuilt from the output, is off by a relative {double.CreateTruncating(error):G2}, more than {Most:G2}: the layers lose too many digits. Recompute from the input, wrap fewer layers, or compute in double.")),
                scope, "recompute", "", 0, Most, true),
            found, Slice.None, 0, Most);
        tape.Workspace.Reset(borrowed);
    }
}
