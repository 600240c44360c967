using System.Runtime.InteropServices;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The machine that runs device code in tests, on small programs written by hand.</summary>
[Trait("Category", "Gpu")]
public sealed unsafe class PtxMachineTests
{
    // y[i] = x of the left neighbour in the group, times 3, through shared memory; the first of the group takes its own.
    private const string Neighbour = """
        // by hand
        .version 8.0
        .target sm_80
        .address_size 64

        .visible .func (.param .f32 value) Triple(
            .param .f32 a
        )
        {
            .reg .f32 %f<3>;
            ld.param.f32 %f1, [a];
            mul.rn.f32 %f2, %f1, 0f40400000;
            st.param.f32 [value], %f2;
            ret;
        }

        .visible .entry Kernel(
            .param .align 8 .b8 job[24]
        )
        {
            .shared .align 16 .b8 cells[32];
            .reg .pred %p<3>;
            mov.b64 %rd9, cells;
            ld.param.b64 %rd1, [job];
            cvta.to.global.u64 %rd2, %rd1;
            ld.param.b64 %rd3, [job+8];
            ld.param.b32 %r9, [job+16];
            mov.b32 %r1, %tid.x;
            mov.b32 %r2, %ctaid.x;
            mov.b32 %r3, %ntid.x;
            mul.lo.s32 %r4, %r2, %r3;
            add.s32 %r5, %r4, %r1;
            mul.wide.u32 %rd4, %r5, 4;
            add.u64 %rd5, %rd2, %rd4;
            ld.global.f32 %f1, [%rd5];
            mul.wide.u32 %rd6, %r1, 4;
            add.u64 %rd7, %rd9, %rd6;
            st.shared.f32 [%rd7], %f1;
            BARRIER
            setp.eq.s32 %p1, %r1, 0;
            @%p1 bra L_1;
            sub.s32 %r1, %r1, 1;
            L_1:
            mul.wide.u32 %rd6, %r1, 4;
            add.u64 %rd7, %rd9, %rd6;
            ld.shared.f32 %f2, [%rd7];
            {
            .param .f32 callParam0;
            st.param.f32 [callParam0], %f2;
            .param .f32 callRetVal;
            call.uni (callRetVal), Triple, (
                callParam0
            );
            ld.param.f32 %f3, [callRetVal];
            }
            add.u64 %rd5, %rd3, %rd4;
            st.global.f32 [%rd5], %f3;
            ret;
        }
        """;

    [Fact]
    public void AHandWrittenProgramRuns()
    {
        Assert.Equal([0, 0, 3, 6, 9, 12, 15, 18, 24, 24, 27, 30, 33, 36, 39, 42], Run(Neighbour.Replace("BARRIER", "bar.sync 0;"), 16));
    }

    [Theory]
    [InlineData("bar.sync 0;", 17, "lies in no global memory")]
    [InlineData("setp.eq.s32 %p2, %r1, 0;\n@%p2 bar.sync 0;", 16, "is at the end")]
    [InlineData("frobnicate.f32 %f1, %f1;", 16, "unknown instruction frobnicate.f32")]
    [InlineData("ex2.approx.f32 %f1, %f1;", 16, "unknown instruction ex2.approx.f32")]
    [InlineData("st.shared.f32 [%rd7+1], %f1;", 16, "no multiple of 4")]
    [InlineData("st.shared.f32 [%rd7+32], %f1;", 16, "bytes of shared memory")]
    public void FaultsAreSeen(string barrier, int items, string message)
    {
        string program = Neighbour.Replace("BARRIER", barrier);
        Assert.Contains(message, Assert.Throws<PtxFault>(() => Run(program, items)).Message);
    }

    private static float[] Run(string text, int count)
    {
        using var machine = new PtxMachine();
        var x = (float*)NativeMemory.AlignedAlloc(16 * 4, 64);
        var y = (float*)NativeMemory.AlignedAlloc(16 * 4, 64);
        try
        {
            machine.Allow((nint)x, 64);
            machine.Allow((nint)y, 64);
            for (int i = 0; i < 16; i++) x[i] = i;
            ulong[] job = [(ulong)x, (ulong)y, 0];
            machine.Run(new PtxProgram(text).Entry, ((count + 7) / 8, 1, 1), 8, MemoryMarshal.AsBytes<ulong>(job));
            return new Span<float>(y, 16).ToArray();
        }
        finally
        {
            NativeMemory.AlignedFree(x);
            NativeMemory.AlignedFree(y);
        }
    }
}
