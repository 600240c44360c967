using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>Reads a body's settings.</summary>
internal static class SettingsLoad
{
    /// <summary>The first <paramref name="count"/> elements, a constant from 0 to 5; zero for the rest.</summary>
    public static BodySettings<T> From<T, TView>(TView x, int count)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TView : struct, IView<T>
        => new(
            count > 0 ? x.Load(0) : T.Zero, count > 1 ? x.Load(1) : T.Zero, count > 2 ? x.Load(2) : T.Zero, count > 3 ? x.Load(3) : T.Zero, count > 4 ? x.Load(4) : T.Zero);
}
