namespace NativeFlow.Kernels;

/// <summary>What an <see cref="IElementBody{T}"/> is given for one lane of elements.</summary>
/// <param name="A">First input.</param>
/// <param name="B">Second input.</param>
/// <param name="C">Third input.</param>
/// <param name="D">Fourth input.</param>
/// <param name="Row">The row's number.</param>
/// <param name="Before">What stands in the result's place where results are added, else zero.</param>
public readonly record struct ElementLanes<TLane>(TLane A, TLane B, TLane C, TLane D, TLane Row, TLane Before)
    where TLane : struct;
