using System.Numerics;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Random numbers of a device are those of the CPU, to the bit.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuRandomTests
{
    [Theory]
    [InlineData(RandomKind.Uniform)]
    [InlineData(RandomKind.Gaussian)]
    [InlineData(RandomKind.Rademacher)]
    public void BitsAreThoseOfTheCpu(RandomKind kind)
    {
        Check(() => GpuEmulation.Single(), kind);
        Check(() => GpuEmulation.Double(backwards: true), kind);
    }

    private static void Check<T>(Func<IBackend<T>> make, RandomKind kind) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var cpu = new SimdBackend<T>();
        using IBackend<T> gpu = make();
        (int, ulong)[] fills =
        [
            (0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (2, 3), (3, 1), (7, 3), (64, 0), (101, 17), (100, 1UL << 40), (130, (1UL << 34) - 3),
            (31, 5), (32, 6), (33, 7), (255, 127), (256, 128), (257, 129), (5000, 11), (9, ulong.MaxValue - 20),
        ];
        foreach ((int length, ulong first) in fills)
            foreach ((ulong key, ulong stream) in (ReadOnlySpan<(ulong, ulong)>)[(5, 6), (0x9E3779B97F4A7C15, ulong.MaxValue)])
            {
                T[] wanted = Fill(cpu, new RandomArgs(kind, default, key, stream, first), length), got = Fill(gpu, new RandomArgs(kind, default, key, stream, first), length);
                for (int i = 0; i < length; i++)
                    Assert.True(wanted[i].Equals(got[i]), $"{kind} {typeof(T).Name} {length} from {first}: element {i} is {got[i]}, the CPU's {wanted[i]}");
            }
    }

    private static T[] Fill<T>(IBackend<T> backend, RandomArgs args, int length) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Slice block = backend.Allocate(length + 3);
        backend.Random(args with { Destination = block.Part(1, length) });
        var all = new T[length + 3];
        backend.Read(block, all);
        Assert.Equal(T.Zero, all[0]);
        Assert.Equal(T.Zero, all[length + 1]);
        backend.Release(block);
        return all[1..(length + 1)];
    }
}
