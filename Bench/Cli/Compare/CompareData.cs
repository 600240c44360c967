using System.Globalization;
using System.Text.RegularExpressions;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Compare;

/// <summary>
/// A data set at one number of features. <c>--data</c> is a list of sets as for <c>train</c>, images also with a size to be pooled to, as in <c>optdigits@4x4</c>;
/// <c>--dims</c> asks each of them for further numbers of features: mixed sources take any, square images those of pooled squares.
/// </summary>
internal sealed partial record CompareData(string Label, DataSet Set)
{
    public int Dimension => Set.Train.Columns;

    /// <summary>Opens every set asked for at every number of features.</summary>
    /// <param name="list">As <c>--data</c>.</param>
    /// <param name="dims">As <c>--dims</c>; null leaves every set as it is.</param>
    /// <param name="firstOnly">Whether each number of features takes the first set that has it, not all.</param>
    /// <exception cref="BadInputException">A set cannot be opened, or there is none for a number of features.</exception>
    public static IReadOnlyList<CompareData> Open(string list, int[]? dims, bool firstOnly)
    {
        string[] names = [.. list.Split(',').Select(n => n.Trim())];
        for (int i = 0; i < names.Length; i++)
            if (Array.IndexOf(names, names[i]) < i) throw new BadInputException($"--data {BadInputException.Quote(list)}: {names[i]} is there twice; leave one.");
        var sets = new Dictionary<string, DataSet>(StringComparer.Ordinal);
        if (dims is null) return [.. names.Select(n => Of(n, One(n, sets), One(n, sets)))];
        var found = new List<CompareData>();
        foreach (int d in dims)
        {
            int before = found.Count;
            foreach (string name in names)
            {
                if (At(name, d, sets) is not { } set) continue;
                found.Add(Of(name, LaplaceMixing.IsMixing(name) ? set : One(name, sets), set));
                if (firstOnly) break;
            }

            if (found.Count == before) throw new BadInputException($"--dims {d}: none of the data sets ({string.Join(", ", names)}) has {d} features; add one that does, such as mixing:10, which takes any number.");
        }

        return found;
    }

    /// <summary>Reads <c>--dims</c>.</summary>
    public static int[] Dimensions(string text)
    {
        var dims = new List<int>();
        foreach (string item in text.Split(','))
        {
            if (!int.TryParse(item, NumberStyles.None, CultureInfo.InvariantCulture, out int d) || d is < 2 or > 8192)
                throw new BadInputException($"--dims {BadInputException.Quote(text)}: {BadInputException.Quote(item)} is no number of features; expected whole numbers from 2 to 8192, such as 64,196,784.");
            if (dims.Contains(d)) throw new BadInputException($"--dims {BadInputException.Quote(text)}: {d} is there twice; leave one.");
            dims.Add(d);
        }

        return [.. dims];
    }

    // A record names no folders of this machine.
    private static CompareData Of(string name, DataSet own, DataSet set) => new(Directory.Exists(name) || File.Exists(name) || Size().IsMatch(name) ? own.Name : name, set);

    private static DataSet One(string name, Dictionary<string, DataSet> sets)
    {
        if (sets.TryGetValue(name, out DataSet? known)) return known;
        Match size = Size().Match(name);
        DataSet set = !size.Success ? DataSource.Open(name)
            : ImagePooling.Pool(One(size.Groups[1].Value, sets), int.Parse(size.Groups[2].ValueSpan, CultureInfo.InvariantCulture), int.Parse(size.Groups[3].ValueSpan, CultureInfo.InvariantCulture));
        return sets[name] = set;
    }

    private static DataSet? At(string name, int d, Dictionary<string, DataSet> sets)
    {
        if (LaplaceMixing.IsMixing(name)) return One(LaplaceMixing.DimensionOf(name) == d ? name : LaplaceMixing.WithDimension(name, d), sets);
        DataSet set = One(name, sets);
        if (set.Train.Columns == d) return set;
        int side = (int)Math.Round(Math.Sqrt(d));
        if (side * side != d || set.Train.Channels != 1 || set.Train.Width != set.Train.Height || !ImagePooling.Fits(set.Train, side, side)) return null;
        return One(FormattableString.Invariant($"{name}@{side}x{side}"), sets);
    }

    [GeneratedRegex("^(.+)@([1-9][0-9]{0,3})x([1-9][0-9]{0,3})$")]
    private static partial Regex Size();
}
