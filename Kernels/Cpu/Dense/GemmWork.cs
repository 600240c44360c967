using System.Numerics;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>A product as pieces for the crew, and the choice of vector width. One per thread, so that a product allocates nothing.</summary>
internal sealed class GemmWork<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [ThreadStatic]
    private static GemmWork<T>? t_work;

    public GemmPlan<T> Plan;

    public static GemmWork<T> Current => t_work ??= new GemmWork<T>();

    private static bool HasVectors => typeof(T) == typeof(float) || typeof(T) == typeof(double);

    public static void Prepare(ref GemmPlan<T> plan, bool split)
    {
        if (Vector512.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector512<T>, Lane512<T>>.Prepare(ref plan, split);
        else if (Vector256.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector256<T>, Lane256<T>>.Prepare(ref plan, split);
        else if (Vector128.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector128<T>, Lane128<T>>.Prepare(ref plan, split);
        else GemmDriver<T, T, LaneScalar<T>>.Prepare(ref plan, split);
    }

    public static void Piece(ref GemmPlan<T> plan, int piece)
    {
        if (Vector512.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector512<T>, Lane512<T>>.Piece(ref plan, piece);
        else if (Vector256.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector256<T>, Lane256<T>>.Piece(ref plan, piece);
        else if (Vector128.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector128<T>, Lane128<T>>.Piece(ref plan, piece);
        else GemmDriver<T, T, LaneScalar<T>>.Piece(ref plan, piece);
    }

    public override void Execute(int index) => Piece(ref Plan, index);
}
