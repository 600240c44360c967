using System.Reflection;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class DependencyDirection
{
    public static TheoryData<string, string[]> Libraries() => new()
    {
        { "NativeFlow.Kernels", [] },
        { "NativeFlow.Kernels.Gpu", ["NativeFlow.Kernels"] },
        { "NativeFlow.Engine", ["NativeFlow.Kernels"] },
        { "NativeFlow.Layers", ["NativeFlow.Engine", "NativeFlow.Kernels"] },
    };

    [Theory]
    [MemberData(nameof(Libraries))]
    public void ArrowsPointDownOnly(string library, string[] below)
    {
        string[] references = [.. Load(library).GetReferencedAssemblies().Select(a => a.Name!)];
        Assert.Contains("System.Runtime", references);
        foreach (string reference in references)
            Assert.True(
                below.Contains(reference) || (reference.StartsWith("System.", StringComparison.Ordinal) && IsAllowed(reference)),
                $"{library} references {reference}");
    }

    [Fact]
    public void ProjectFilesNameOnlyWhatLiesBelow()
    {
        Assert.Equal(["System.Numerics.Tensors"], Packages("Kernels/Cpu/NativeFlow.Kernels.csproj"));
        Assert.Empty(Packages("Kernels/Gpu/NativeFlow.Kernels.Gpu.csproj"));
        Assert.Empty(Packages("Engine/NativeFlow.Engine.csproj"));
        Assert.Empty(Packages("Layers/Flows/NativeFlow.Layers.csproj"));
    }

    [Fact]
    public void TheAdapterForGpusAsksForItsPackageOnlyWhenToldTo()
    {
        var project = System.Xml.Linq.XDocument.Load(Path.Combine(Repository.Root, "Kernels/Ilgpu/NativeFlow.Kernels.Ilgpu.csproj"));
        foreach (string element in (string[])["PackageReference", "ProjectReference"])
        {
            System.Xml.Linq.XElement reference = Assert.Single(project.Descendants(element));
            Assert.Equal("'$(UseIlgpu)' == 'true'", reference.Parent!.Attribute("Condition")?.Value);
        }
        var properties = System.Xml.Linq.XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props"));
        Assert.Equal("false", Assert.Single(properties.Descendants("UseIlgpu")).Value);
    }

    // A library of the framework lies beside System.Private.CoreLib; a package lies beside the tests. One package is allowed.
    private static bool IsAllowed(string reference)
        => reference == "System.Numerics.Tensors"
            || File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, reference + ".dll"));

    private static Assembly Load(string name) => name switch
    {
        "NativeFlow.Kernels" => typeof(Slice).Assembly,
        "NativeFlow.Engine" => typeof(Var).Assembly,
        _ => Assembly.Load(name),
    };

    private static string[] Packages(string project)
        => [.. System.Xml.Linq.XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("PackageReference").Select(e => e.Attribute("Include")!.Value)];
}
