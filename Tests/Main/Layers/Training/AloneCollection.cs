using Xunit;

namespace NativeFlow.Tests;

/// <summary>Tests that count the process's allocations: nothing else may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
