using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>
/// Stored network parameters whose order is another than the library's (blocks of shifts and scales, inputs that are always 0): which stored
/// number goes where. Gradients go the same way back; a stored number that the library leaves out must have gradient 0.
/// </summary>
internal sealed class PlacedTensors<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly List<(string Tensor, string Entry, int[]? Source)> _places = [];

    /// <summary>A tensor as it is.</summary>
    public PlacedTensors<T> Add(string tensor, string entry, int[]? source = null)
    {
        _places.Add((tensor, entry, source));
        return this;
    }

    /// <summary>Layers {prefix}.{i} of a fully connected network into {scope}net.{i}.</summary>
    /// <param name="prefix">Of the stored tensors.</param>
    /// <param name="scope">Of the library's, with its dot.</param>
    /// <param name="rows">Stored row of every output of the library; null for the same.</param>
    /// <param name="columns">Stored column of every input of the library; null for the same.</param>
    public PlacedTensors<T> AddMlp(string prefix, string scope, int[]? rows = null, int[]? columns = null)
    {
        int layers = 0;
        while (run.Has($"{prefix}.{layers}.weight")) layers++;
        if (layers == 0) throw new BadInputException($"{run.File.Path}: has no tensor '{prefix}.0.weight'; the file is damaged or of another kind.");
        for (int i = 0; i < layers; i++)
        {
            int[]? r = i == layers - 1 ? rows : null, c = i == 0 ? columns : null;
            Add($"{prefix}.{i}.weight", $"{scope}net.{i}.weight", Cells($"{prefix}.{i}.weight", r, c));
            Add($"{prefix}.{i}.bias", $"{scope}net.{i}.bias", r);
        }
        return this;
    }

    /// <summary>The stored cell of every cell of a library's matrix whose rows and columns are picked.</summary>
    public int[]? Cells(string tensor, int[]? rows, int[]? columns)
    {
        if (rows is null && columns is null) return null;
        (int storedRows, int storedColumns) = run.Matrix(tensor);
        rows ??= [.. Enumerable.Range(0, storedRows)];
        columns ??= [.. Enumerable.Range(0, storedColumns)];
        if (rows.Any(r => r >= storedRows) || columns.Any(c => c >= storedColumns))
            throw new BadInputException($"{run.File.Path}: tensor '{tensor}' is {storedRows}x{storedColumns}, expected at least {rows.Max() + 1}x{columns.Max() + 1}; the file is damaged or of another kind.");
        return [.. rows.SelectMany(r => columns.Select(c => (r * storedColumns) + c))];
    }

    /// <summary>Widths of the hidden layers of the stored network {prefix}.{i}.</summary>
    public static int[] Hidden(CaseRun<T> run, string prefix)
    {
        var widths = new List<int>();
        for (int i = 0; run.Has($"{prefix}.{i + 1}.weight"); i++) widths.Add(run.Matrix($"{prefix}.{i}.weight").Rows);
        return [.. widths];
    }

    /// <summary>Writes the stored values over the start values.</summary>
    public void Write(ParameterStore<T> store, string scope)
    {
        foreach ((string tensor, string entry, int[]? source) in _places)
        {
            Var v = store.Find(scope + entry);
            double[] stored = run.Input(tensor, source is null ? v.Length : -1);
            store.Write(v, source is null ? stored : Array.ConvertAll(source, i => stored[i]));
        }
    }

    /// <summary>Compares the store's gradients with the stored ones, grad.{tensor}.</summary>
    public void CompareGradients(ParameterStore<T> store, string scope)
    {
        foreach ((string name, double[] gradient) in Gradients(store, scope)) run.Compare(name, gradient);
    }

    /// <summary>The store's gradients in the stored order, by the names grad.{tensor}.</summary>
    public Dictionary<string, double[]> Gradients(ParameterStore<T> store, string scope)
        => _places.ToDictionary(p => "grad." + p.Tensor, p => Placed(p.Tensor, store.ReadGradient(store.Find(scope + p.Entry)), p.Source, 0));

    /// <summary>Compares the store's values with the stored {prefix}{tensor}. Numbers that the library leaves out must be as they were.</summary>
    public void CompareValues(ParameterStore<T> store, string scope, string prefix)
    {
        foreach ((string tensor, string entry, int[]? source) in _places) run.Compare(prefix + tensor, Placed(tensor, store.Read(store.Find(scope + entry)), source, 1));
    }

    private double[] Placed(string tensor, T[] values, int[]? source, double rest)
    {
        double[] wide = CaseRun<T>.Widen(values);
        if (source is null) return wide;
        double[] all = Array.ConvertAll(run.Input(tensor), v => rest * v);
        for (int i = 0; i < source.Length; i++) all[source[i]] = wide[i];
        return all;
    }
}
