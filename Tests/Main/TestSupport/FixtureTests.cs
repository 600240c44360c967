using Xunit;
using Xunit.Sdk;

namespace NativeFlow.Tests;

/// <summary>The comparison that all golden numbers go through must itself be able to fail.</summary>
public class FixtureTests
{
    [Fact]
    public void AFaultIsSeen()
    {
        Fixture f = Fixture.Load("linalg/general_large_a");
        double[] right = f["inverse"];
        f.AssertClose("inverse", right);
        double scale = Math.Max(1, right.Max(Math.Abs));
        foreach (double fault in new[] { 1.1e-9 * scale, -1.1e-9 * scale, 1, double.NaN, double.PositiveInfinity })
            foreach (int at in new[] { 0, 300, right.Length - 1 })
            {
                double[] wrong = [.. right];
                wrong[at] += fault;
                Assert.ThrowsAny<XunitException>(() => f.AssertClose("inverse", wrong));
            }

        Assert.ThrowsAny<XunitException>(() => f.AssertClose("inverse", right.AsSpan(1)));
        Assert.Throws<KeyNotFoundException>(() => f.AssertClose("inverted", right));
        double[] near = [.. right];
        near[7] += 0.9e-9 * scale;
        f.AssertClose("inverse", near);
    }

    [Fact]
    public void EveryFileCanBeRead()
    {
        int files = 0;
        foreach (string folder in Directory.GetDirectories(Fixture.Root))
            foreach (string name in Fixture.List(Path.GetFileName(folder)))
            {
                Fixture f = Fixture.Load(name);
                Assert.NotEmpty(f.Names);
                Assert.Equal(Path.GetFileName(name), f.Metadata["case"]);
                files++;
            }

        Assert.True(files > 200, $"{files} files");
    }
}
