using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Open and closed ends, infinite ones, NaN, and the message.</summary>
public sealed class IntervalCheckTests
{
    [Theory]
    [InlineData(0, 1, 0.5, false, null)]
    [InlineData(0, 1, 0, false, "is 0, outside (0, 1)")]
    [InlineData(0, 1, 1, false, "is 1, outside (0, 1)")]
    [InlineData(0, 1, 0, true, null)]
    [InlineData(0, 1, 1, true, null)]
    [InlineData(0, 1, -1e-300, true, "is -1E-300, outside [0, 1]")]
    [InlineData(0, 1, 1.0000000000000002, true, "is 1.0000000000000002, outside [0, 1]")]
    [InlineData(0, 1, double.NaN, false, "is NaN, outside (0, 1)")]
    [InlineData(0, 1, double.NaN, true, "is NaN, outside [0, 1]")]
    [InlineData(0, double.PositiveInfinity, 1e300, false, null)]
    [InlineData(0, double.PositiveInfinity, double.PositiveInfinity, false, "is Infinity, outside (0, Infinity)")]
    [InlineData(0, double.PositiveInfinity, double.PositiveInfinity, true, null)]
    public void TheFirstElementOutsideIsNamed(double low, double high, double value, bool closed, string? named)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend) { Scope = "layers.2." };
        Var x = tape.Input([0.5, 0.25, 0.75, 0.5, 0.5, value, 0.5, 0.5, value], 3, 3);
        void Check() => tape.RequireBetween(x, low, high, "map", "scale its input", closed);
        if (named is null)
        {
            Check();
            return;
        }

        string message = Assert.Throws<OutsideDomainException>(Check).Message;
        Assert.Equal($"layers.2.map: row 1, column 2 {named}; scale its input.", message);
    }
}
