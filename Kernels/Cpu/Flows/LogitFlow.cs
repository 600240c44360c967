using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// From an interval to the line: u = alpha + (1 - 2 alpha)(x - low)/(high - low), z = (ln u - ln(1 - u))/T, with the log-determinant
/// of x on its own scale. Matrices [rows x columns], row-major, rows = logDet.Length.
/// </summary>
/// <remarks>Settings: low, high, alpha, temperature T, eps; with eps &gt; 0, x is first clipped to [low + eps, high - eps] (alpha must be 0 then). Source: Dinh et al. 2017, section 4.1.</remarks>
public static unsafe class LogitFlow
{
    /// <summary>Number of settings.</summary>
    public const int SettingCount = 5;

    /// <summary>Slices x, settings, z, logDet, on any backend: as <see cref="Forward"/>.</summary>
    public static void LogitForward<T>(this IPortableLauncher<T> launcher, in KernelArgs args)
        where T : unmanaged, IFloatingPointIeee754<T> => launcher.Rows(args, default(LogitForwardBody<T>));

    /// <summary>Slices z, settings, x, logDet, on any backend: as <see cref="Inverse"/>.</summary>
    public static void LogitInverse<T>(this IPortableLauncher<T> launcher, in KernelArgs args)
        where T : unmanaged, IFloatingPointIeee754<T> => launcher.Rows(args, default(LogitInverseBody<T>));

    /// <summary>Slices x, dz, dLogDet, settings, dx, on any backend: as <see cref="Backward"/>.</summary>
    public static void LogitBackward<T>(this IPortableLauncher<T> launcher, in KernelArgs args)
        where T : unmanaged, IFloatingPointIeee754<T> => launcher.Each(args, default(LogitBackwardBody<T>), adds: true);

    /// <summary>Slices z, dx, dLogDet, settings, dz, on any backend: as <see cref="InverseBackward"/>.</summary>
    public static void LogitInverseBackward<T>(this IPortableLauncher<T> launcher, in KernelArgs args)
        where T : unmanaged, IFloatingPointIeee754<T> => launcher.Each(args, default(LogitInverseBackwardBody<T>), adds: true);

    /// <summary>Slices x, settings, place; sizes columns, on any backend: row and column of <see cref="FindOutside"/>, row -1 for none.</summary>
    public static void LogitOutside<T>(this IPortableLauncher<T> launcher, in KernelArgs args)
        where T : unmanaged, IFloatingPointIeee754<T> => launcher.First(args, default(LogitOutsideBody<T>));

    /// <summary>Where z would not be finite, or x is NaN: row-major index of the first such element, -1 for none. Without clipping x may be anything with 0 &lt; u &lt; 1; with clipping it must lie in [low, high].</summary>
    public static int FindOutside<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var map = new LogitMap<T>(settings);
        for (int i = 0; i < x.Length; i++)
            if (!map.IsInside(x[i])) return i;
        return -1;
    }

    /// <summary><see cref="FindOutside"/> over lanes.</summary>
    public static int FindOutsideSimd<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var map = new LogitMap<T>(settings);
        fixed (T* px = x)
        {
            var pass = new LogitOutsidePass<T>(px, map);
            if (RowLoop.Run<T, LogitOutsidePass<T>>(pass, 0, x.Length) == T.Zero) return -1;
            // Which one: single elements are lanes too, so that all see the same numbers.
            for (int i = 0; i < x.Length; i++)
                if (RowLoop.Run<T, LogitOutsidePass<T>>(pass, i, 1) != T.Zero) return i;
        }
        return -1;
    }

    /// <summary>z and logDet[r] = sum over the row of log dz/dx.</summary>
    public static void Forward<T>(ReadOnlySpan<T> x, Span<T> z, Span<T> logDet, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, z.Length, logDet.Length);
        var map = new LogitMap<T>(settings);
        for (int r = 0; r < logDet.Length; r++)
        {
            T sum = T.Zero;
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                T lu = T.Log(map.U(x[i])), lv = T.Log(map.V(x[i]));
                z[i] = (lu - lv) / map.Temperature;
                sum += map.LogFactor - lu - lv;
            }
            logDet[r] = sum;
        }
    }

    /// <summary><see cref="Forward"/> over lanes.</summary>
    public static void ForwardSimd<T>(ReadOnlySpan<T> x, Span<T> z, Span<T> logDet, ReadOnlySpan<T> settings, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, z.Length, logDet.Length);
        var map = new LogitMap<T>(settings);
        fixed (T* px = x, pz = z, pl = logDet)
            Stretches<SumRows<T, LogitForwardPass<T>>>.Run(new(new(px, pz, map), pl, columns), logDet.Length, x.Length, PieceSize.Dear, workers);
    }

    /// <summary>dx += dz dz/dx + dLogDet[r] d log(dz/dx)/dx; nothing where x was clipped.</summary>
    public static void Backward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> dz, ReadOnlySpan<T> dLogDet, Span<T> dx, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, dx.Length, dLogDet.Length);
        var map = new LogitMap<T>(settings);
        for (int r = 0; r < dLogDet.Length; r++)
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                if (x[i] < map.Low || x[i] > map.High) continue;
                T u = map.U(x[i]), v = map.V(x[i]);
                dx[i] += map.Slope * ((dz[i] / map.Temperature) + (dLogDet[r] * (u - v))) / (u * v);
            }
    }

    /// <summary><see cref="Backward"/> over lanes.</summary>
    public static void BackwardSimd<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> dz, ReadOnlySpan<T> dLogDet, Span<T> dx, ReadOnlySpan<T> settings, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, dx.Length, dLogDet.Length);
        Lengths.Same("LogitFlow", "x", x.Length, "dz", dz.Length);
        var map = new LogitMap<T>(settings);
        fixed (T* px = x, pdz = dz, pl = dLogDet, pdx = dx)
            Stretches<LogitBackwardRows<T>>.Run(new(px, pdz, pl, pdx, map, columns), dLogDet.Length, x.Length, PieceSize.Dear, workers);
    }

    /// <summary>x from z, and logDet[r] = sum over the row of log dx/dz.</summary>
    public static void Inverse<T>(ReadOnlySpan<T> z, Span<T> x, Span<T> logDet, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, z.Length, logDet.Length);
        var map = new LogitMap<T>(settings);
        for (int r = 0; r < logDet.Length; r++)
        {
            T sum = T.Zero;
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                T t = map.Temperature * z[i];
                x[i] = map.X(ScalarMath.Sigmoid(t), ScalarMath.Sigmoid(-t));
                sum -= map.LogFactor + ScalarMath.Softplus(t) + ScalarMath.Softplus(-t);
            }
            logDet[r] = sum;
        }
    }

    /// <summary><see cref="Inverse"/> over lanes.</summary>
    public static void InverseSimd<T>(ReadOnlySpan<T> z, Span<T> x, Span<T> logDet, ReadOnlySpan<T> settings, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, z.Length, logDet.Length);
        var map = new LogitMap<T>(settings);
        fixed (T* px = x, pz = z, pl = logDet)
            Stretches<SumRows<T, LogitInversePass<T>>>.Run(new(new(pz, px, map), pl, columns), logDet.Length, x.Length, PieceSize.Dear, workers);
    }

    /// <summary>dz += dx dx/dz + dLogDet[r] d log(dx/dz)/dz.</summary>
    public static void InverseBackward<T>(ReadOnlySpan<T> z, ReadOnlySpan<T> dx, ReadOnlySpan<T> dLogDet, Span<T> dz, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(z.Length, dz.Length, dLogDet.Length);
        var map = new LogitMap<T>(settings);
        for (int r = 0; r < dLogDet.Length; r++)
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                T u = ScalarMath.Sigmoid(map.Temperature * z[i]), v = ScalarMath.Sigmoid(-map.Temperature * z[i]);
                dz[i] += map.Temperature * ((dx[i] * u * v / map.Slope) + (dLogDet[r] * (v - u)));
            }
    }

    /// <summary><see cref="InverseBackward"/> over lanes.</summary>
    public static void InverseBackwardSimd<T>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> dx, ReadOnlySpan<T> dLogDet, Span<T> dz, ReadOnlySpan<T> settings, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(z.Length, dz.Length, dLogDet.Length);
        Lengths.Same("LogitFlow", "z", z.Length, "dx", dx.Length);
        var map = new LogitMap<T>(settings);
        fixed (T* pz = z, pdx = dx, pl = dLogDet, pdz = dz)
            Stretches<LogitInverseBackwardRows<T>>.Run(new(pz, pdx, pl, pdz, map, columns), dLogDet.Length, z.Length, PieceSize.Dear, workers);
    }

    private static int Columns(int a, int b, int rows)
    {
        Lengths.Same("LogitFlow", "x", a, "z or gradient", b);
        return Lengths.Columns("LogitFlow", "x", a, "logDet", rows);
    }
}
