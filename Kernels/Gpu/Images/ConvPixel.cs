namespace NativeFlow.Kernels.Gpu;

/// <summary>A place in images: a pixel of an output, or the step from there that a weight of the kernel takes.</summary>
/// <param name="Start">Where the image, or from there the channel, begins; -1 for none.</param>
/// <param name="Row">Row, or rows to go.</param>
/// <param name="Column">Column, or columns to go.</param>
public readonly record struct ConvPixel(int Start, int Row, int Column);
