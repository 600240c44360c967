using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>The tensors of one masked network in a case and its entries in a store, by name: layer.made.X is X under a prefix of the file's.</summary>
/// <param name="run">The case.</param>
/// <param name="store">The store.</param>
/// <param name="entries">Prefix of the entries, such as <c>layer.made.</c>.</param>
/// <param name="tensor">From the rest of an entry's name to the stored tensor's.</param>
/// <param name="swapped">Whether the file has the two outputs of a feature the other way round.</param>
internal sealed class MadeTensors<T>(CaseRun<T> run, ParameterStore<T> store, string entries, Func<string, string> tensor, bool swapped) where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Names of all tensors that a case with up to two blocks may have under a prefix.</summary>
    public static IEnumerable<string> Parameters(string prefix)
        => from layer in (string[])["initial", "context", "block0.linear", "block0.linear0", "block0.linear1", "block0.context", "block1.linear0", "block1.linear1", "final"]
           from part in (string[])["weight", "bias"]
           select $"{prefix}{layer}.{part}";

    /// <summary>As <see cref="Parameters"/>, of the masks.</summary>
    public static IEnumerable<string> Masks(string prefix)
        => Parameters(prefix).Where(n => n.EndsWith(".weight", StringComparison.Ordinal) && !n.Contains("context", StringComparison.Ordinal)).Select(n => n.Replace(".weight", ".mask", StringComparison.Ordinal));

    /// <summary>Writes the stored parameters over the start values.</summary>
    public void Load()
    {
        foreach ((ParameterStore<T>.Entry entry, string name) in Mine(store.Parameters)) store.Write(entry.Var, Turned(name, entry.Var, run.Input(name, entry.Var.Length)));
    }

    /// <summary>Writes the stored masks over the layer's own: degrees that were drawn at random cannot be known otherwise.</summary>
    public void LoadMasks()
    {
        foreach ((ParameterStore<T>.Entry entry, string name) in Mine(store.Buffers)) store.Write(entry.Var, Turned(name, entry.Var, run.Input(name, entry.Var.Length)));
    }

    /// <summary>Compares the layer's own masks with the stored ones.</summary>
    public void CompareMasks(bool inputs)
    {
        foreach ((ParameterStore<T>.Entry entry, string name) in Mine(store.Buffers))
        {
            double[] mine = Turned(name, entry.Var, CaseRun<T>.Widen(store.Read(entry.Var)));
            if (inputs) run.CompareTo(name, run.Input(name), mine);
            else run.Compare(name, mine);
        }
    }

    /// <summary>Compares values with tensors named prefix + name, such as train.after.</summary>
    public void CompareValues(string prefix)
    {
        foreach ((ParameterStore<T>.Entry entry, string name) in Mine(store.Parameters)) run.Compare(prefix + name, Turned(name, entry.Var, CaseRun<T>.Widen(store.Read(entry.Var))));
    }

    /// <summary>Compares gradients with tensors named grad. + name.</summary>
    public void CompareGradients() => CompareGradients(null);

    /// <summary>As the other.</summary>
    /// <param name="moved">What the last digit of the input does to them, entry by entry; allowed on top.</param>
    public void CompareGradients(IReadOnlyDictionary<string, double>? moved)
    {
        foreach ((ParameterStore<T>.Entry entry, string name) in Mine(store.Parameters))
            run.Compare("grad." + name, Turned(name, entry.Var, CaseRun<T>.Widen(store.ReadGradient(entry.Var))), moved: new Allowance(LastDigit: moved?[entry.Name] ?? 0));
    }

    private IEnumerable<(ParameterStore<T>.Entry Entry, string Tensor)> Mine(IReadOnlyList<ParameterStore<T>.Entry> all)
        => all.Where(e => e.Name.StartsWith(entries, StringComparison.Ordinal) && !e.Name.EndsWith(".rows", StringComparison.Ordinal)).Select(e => (e, tensor(e.Name[entries.Length..])));

    // Outputs lie in rows of the last layer; exchanging the two of every feature is its own inverse.
    private double[] Turned(string name, Var v, double[] values)
    {
        if (!swapped || !name.Contains("final", StringComparison.Ordinal)) return values;
        bool bias = name.EndsWith(".bias", StringComparison.Ordinal);
        int width = bias ? 1 : v.Cols;
        var turned = new double[values.Length];
        for (int i = 0; i < values.Length; i++) turned[i] = values[((i / width ^ 1) * width) + (i % width)];
        return turned;
    }
}
