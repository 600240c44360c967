using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Philox against the published vectors, and its vector paths against the scalar block.</summary>
public sealed class PhiloxTests
{
    [Theory]
    [InlineData(0ul, 0ul, 0ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x299f31d0a4093822ul, 0x0370734413198a2eul, 0x85a308d3243f6a88ul, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void KnownAnswers(ulong key, ulong stream, ulong block, uint w0, uint w1, uint w2, uint w3)
    {
        Philox.Block(key, stream, block, out uint a, out uint b, out uint c, out uint d);
        Assert.Equal((w0, w1, w2, w3), (a, b, c, d));
    }

    [Fact]
    public void VectorsAgreeWithTheScalarBlock()
    {
        // Block indices that carry into the upper counter word.
        foreach (ulong first in (ulong[])[0, 5, 0xFFFFFFFFul * 4, (0xFFFFFFFFul * 4) + 3])
        {
            uint[] words = new uint[700];
            Philox.Fill(0x123456789ABCDEF0, 0xFEDCBA9876543210, first, words);
            for (int i = 0; i < words.Length; i++)
                Assert.Equal(ReferenceRandom.Word(0x123456789ABCDEF0, 0xFEDCBA9876543210, first + (ulong)i), words[i]);
        }
    }

    [Fact]
    public void SequenceReadsTheSameWords()
    {
        PhiloxSequence sequence = new(3, 4);
        for (ulong i = 0; i < 50; i++) Assert.Equal(ReferenceRandom.Word(3, 4, i), sequence.NextWord());
    }

    [Fact]
    public void BoundedIntegersAreUniform()
    {
        PhiloxSequence sequence = new(17, 0);
        int[] counts = new int[7];
        for (int i = 0; i < 70000; i++) counts[sequence.NextBelow(7)]++;
        double chi2 = 0;
        foreach (int count in counts) chi2 += (count - 10000.0) * (count - 10000.0) / 10000.0;
        // Chi squared with 6 degrees: mean 6, standard deviation sqrt(12); five sigma.
        Assert.InRange(chi2, 0, 6 + (5 * Math.Sqrt(12)));
        Assert.Throws<ArgumentOutOfRangeException>(() => { PhiloxSequence s = new(1, 1); s.NextBelow(0); });
    }

    [Fact]
    public void BoundedIntegersRejectTheExcess()
    {
        // A bound of 3 2^30: without rejection every third value would come twice as often.
        PhiloxSequence sequence = new(23, 0);
        int[] residues = new int[3];
        for (int i = 0; i < 30000; i++) residues[sequence.NextBelow(3u << 30) % 3]++;
        foreach (int count in residues) Assert.InRange(count, 10000 - 5 * 82, 10000 + 5 * 82);
    }

    [Fact]
    public void ShufflePermutesUniformly()
    {
        int[] values = new int[1000];
        for (int i = 0; i < values.Length; i++) values[i] = i;
        RandomFill.Shuffle(1, 2, values);
        int[] again = new int[1000];
        for (int i = 0; i < again.Length; i++) again[i] = i;
        RandomFill.Shuffle(1, 2, again);
        Assert.Equal(values, again);
        Array.Sort(again);
        for (int i = 0; i < again.Length; i++) Assert.Equal(i, again[i]);

        // All 24 orders of four, 24,000 draws: chi squared with 23 degrees, five sigma.
        int[] counts = new int[256];
        for (ulong stream = 0; stream < 24000; stream++)
        {
            int[] four = [0, 1, 2, 3];
            RandomFill.Shuffle(5, stream, four);
            counts[(four[0] * 64) + (four[1] * 16) + (four[2] * 4) + four[3]]++;
        }
        double chi2 = 0;
        int seen = 0;
        foreach (int count in counts)
            if (count > 0)
            {
                chi2 += (count - 1000.0) * (count - 1000.0) / 1000.0;
                seen++;
            }
        Assert.Equal(24, seen);
        Assert.InRange(chi2, 0, 23 + (5 * Math.Sqrt(46)));
    }
}
