using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Runs golden cases and gathers what came of them.</summary>
internal static class Verifier
{
    /// <summary>Runs every case whose layer is known, on every backend named.</summary>
    /// <param name="files">Files, already expanded.</param>
    /// <param name="backends">Of <c>reference</c> and <c>simd</c>.</param>
    /// <exception cref="NativeFlow.Engine.BadInputException">A file is damaged or no golden case.</exception>
    public static VerifyReport Run<T>(IReadOnlyList<string> files, IReadOnlyList<string> backends) where T : unmanaged, IFloatingPointIeee754<T>
    {
        IReadOnlyDictionary<string, FixtureCheck<T>> checks = FixtureChecks.All<T>();
        var known = new SortedDictionary<string, List<CaseResult>>(StringComparer.Ordinal);
        var unknown = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var names = new List<string>();
        // All files are opened before the first runs, so that bad input is told at once.
        foreach (string path in files)
            using (FixtureFile.Open(path)) { }
        foreach (string kind in backends)
        {
            using IBackend<T> backend = kind == "reference" ? new ReferenceBackend<T>() : new SimdBackend<T>();
            names.Add(backend.Name);
            foreach (string path in files)
            {
                using FixtureFile file = FixtureFile.Open(path);
                if (!checks.TryGetValue(file.Layer, out FixtureCheck<T>? check))
                {
                    if (kind == backends[0]) unknown[file.Layer] = unknown.GetValueOrDefault(file.Layer) + 1;
                    continue;
                }
                if (!known.TryGetValue(file.Layer, out List<CaseResult>? results)) known.Add(file.Layer, results = []);
                results.Add(CaseRun<T>.Execute(file, backend, check));
            }
        }
        return new VerifyReport(
            typeof(T) == typeof(float) ? "float" : "double", names,
            [.. known.Select(k => new LayerReport(k.Key, k.Value.Select(r => r.Path).Distinct().Count(), k.Value))],
            [.. unknown.Select(u => (u.Key, u.Value))]);
    }
}
