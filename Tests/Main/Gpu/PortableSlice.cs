namespace NativeFlow.Tests;

/// <summary>One argument of a portable kernel, drawn evenly between two numbers.</summary>
/// <param name="From">Least.</param>
/// <param name="To">Most.</param>
/// <param name="Shape">How many.</param>
/// <param name="Use">What the kernel does with it.</param>
/// <param name="ValueOf">A kernel of the argument before, whose values these are; else null.</param>
/// <param name="Numbers">The numbers themselves; else null.</param>
internal sealed record PortableSlice(
    double From, double To, PortableShape Shape = PortableShape.Matrix, PortableUse Use = PortableUse.In, string? ValueOf = null, double[]? Numbers = null)
{
    public static readonly PortableSlice Out = new(0, 0, Use: PortableUse.Out);
    public static readonly PortableSlice RowOut = new(0, 0, PortableShape.Row, PortableUse.Out);
    public static readonly PortableSlice Changed = new(-1, 1, Use: PortableUse.Changed);

    public static PortableSlice Of(string kernel) => new(0, 0, ValueOf: kernel);

    public static PortableSlice These(double[] numbers) => new(0, 0, PortableShape.Settings, Numbers: numbers);

    public int Length(int rows, int columns) => Shape switch
    {
        PortableShape.Matrix => rows * columns,
        PortableShape.Row => rows,
        PortableShape.Two => 2,
        _ => Numbers!.Length,
    };
}

/// <summary>How many numbers.</summary>
internal enum PortableShape
{
    Matrix, Row, Settings, Two,
}

/// <summary>What a kernel does with an argument.</summary>
internal enum PortableUse
{
    In, Out, Changed,
}
