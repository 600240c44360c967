using System.Globalization;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Compare;

/// <summary>What a comparison was asked to do: one canonical text for each option. Two comparisons by steps with equal settings give equal numbers apart from times.</summary>
internal sealed class CompareSettings
{
    /// <summary>Options that are part of a comparison's identity, in the order of the help text.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "data", "dims", "model", "strategies", "lr", "steps", "seconds", "clock", "cost", "seeds", "batch", "warmup", "points", "validation-rows", "rounds", "dtype",
    ];

    public const string DefaultData = "mixing:10";
    public const string DefaultStrategies = "exact-lu,snf-published,snf-reconstruction,relative,stale-inverse:every=10,newton-schulz:every=10";
    public const int DefaultBatch = 100, DefaultPoints = 20, DefaultValidationRows = 2500, DefaultRounds = 9;
    public const double DefaultWarmup = 0.05;

    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);

    private CompareSettings()
    {
    }

    /// <summary>Text of an option; null where it has none.</summary>
    public string? this[string name] => _options.GetValueOrDefault(name);

    public string Data => _options["data"];

    public int[]? Dims => this["dims"] is { } text ? CompareData.Dimensions(text) : null;

    public IReadOnlyList<StrategyArm> Arms => StrategyArm.Parse(_options["strategies"], this["lr"]);

    /// <summary>Steps that every run makes; null with a budget of seconds.</summary>
    public int? Steps => this["steps"] is { } text ? Arguments.Whole("--steps", text, 1) : null;

    /// <summary>Seconds of training that every run has.</summary>
    public double? Seconds => this["seconds"] is { } text ? Arguments.Number("--seconds", text, zero: false) : null;

    /// <summary>Whether <see cref="Seconds"/> are the training thread's processor time instead of the wall clock's.</summary>
    public bool ByProcessorTime => this["clock"] == "cpu";

    /// <summary>Whether only the cost of a step is measured.</summary>
    public bool Cost => this["cost"] == "true";

    public ulong[] Seeds => ParseSeeds(_options["seeds"]);

    public int Batch => Arguments.Whole("--batch", _options["batch"], 1);

    /// <summary>Fraction of the budget that the learning rate takes to rise.</summary>
    public double Warmup => Arguments.Number("--warmup", _options["warmup"], zero: true);

    /// <summary>Looks at the exact likelihood after the first.</summary>
    public int Points => Arguments.Whole("--points", _options["points"], 1);

    public int ValidationRows => Arguments.Whole("--validation-rows", _options["validation-rows"], 2);

    public int Rounds => Arguments.Whole("--rounds", _options["rounds"], 1);

    public string Dtype => _options["dtype"];

    /// <summary>What a run may spend, in words.</summary>
    public string Budget => Cost ? FormattableString.Invariant($"cost of a step, {Rounds} rounds") : Steps is { } n ? FormattableString.Invariant($"{n} steps") : FormattableString.Invariant($"{Seconds} s{(ByProcessorTime ? " of processor time" : "")}");

    /// <summary>Learning rate relative to the arm's own after a fraction of the budget: a linear rise, then half a cosine down to 0.</summary>
    public double RateAt(double fraction)
    {
        fraction = Math.Min(1, fraction);
        return fraction < Warmup ? fraction / Warmup : 0.5 + (0.5 * Math.Cos(Math.PI * (fraction - Warmup) / (1 - Warmup)));
    }

    /// <summary>Fraction of the budget at which look <paramref name="index"/> of 0 .. <see cref="Points"/> comes: close together at the beginning, where the likelihood moves most.</summary>
    public double PointAt(int index) => Math.Pow(index / (double)Points, 2);

    /// <summary>Complete settings: what was given, and defaults for the rest.</summary>
    /// <exception cref="BadInputException">A text cannot be read, or options contradict each other.</exception>
    public static CompareSettings Of(IReadOnlyDictionary<string, string> given)
    {
        var s = new CompareSettings();
        foreach (string name in Names)
            if (given.TryGetValue(name, out string? text)) s._options[name] = text;
        int budgets = (s["steps"] is null ? 0 : 1) + (s["seconds"] is null ? 0 : 1) + (s.Cost ? 1 : 0);
        if (budgets == 0) throw new BadInputException("compare: no budget; give --steps N, or --seconds S of training for every run, or --cost to measure the cost of a step alone.");
        if (budgets > 1) throw new BadInputException("compare: more than one of --steps, --seconds and --cost; give one.");
        s.Default("data", DefaultData);
        s.Default("strategies", DefaultStrategies);
        s.Default("seeds", "0");
        s.Default("batch", Text(DefaultBatch));
        s.Default("dtype", "float");
        if (s.Cost) s.Default("rounds", Text(DefaultRounds));
        else
        {
            s.Default("warmup", Text(DefaultWarmup));
            s.Default("points", Text(DefaultPoints));
            s.Default("validation-rows", Text(DefaultValidationRows));
        }

        foreach (string name in s.Cost ? (ReadOnlySpan<string>)["warmup", "points", "validation-rows"] : ["rounds"])
            if (s[name] is not null) throw new BadInputException($"--{name}: has no meaning {(s.Cost ? "with" : "without")} --cost; leave it out.");
        if (s["clock"] is not null && s["seconds"] is null) throw new BadInputException("--clock: belongs to a budget of --seconds; leave it out.");
        if (s["clock"] is { } clock && Arguments.OneOf("--clock", clock, "wall", "cpu") == "wall") s._options.Remove("clock");
        s.Check();
        return s;
    }

    /// <summary>The options in their order.</summary>
    public IEnumerable<(string Name, string Value)> All() => Names.Where(n => this[n] is not null).Select(n => (n, _options[n]));

    /// <summary>The first difference to other settings in words; null for none.</summary>
    public string? DifferenceTo(CompareSettings other)
    {
        foreach (string name in Names)
            if (this[name] != other[name]) return $"--{name} {this[name] ?? "left out"} there, {other[name] ?? "left out"} here";
        return null;
    }

    /// <summary>Refuses options that differ from these.</summary>
    public void RequireAgreement(IReadOnlyDictionary<string, string> given, string folder)
    {
        if (given.Count == 0) return;
        var merged = new Dictionary<string, string>(_options, StringComparer.Ordinal);
        foreach ((string name, string text) in given) merged[name] = text;
        foreach (string budget in (ReadOnlySpan<string>)["steps", "seconds", "cost"])
            if (given.ContainsKey(budget) && this[budget] is null) throw new BadInputException($"--{budget}: the comparison in {folder} was started with {(Cost ? "--cost" : Steps is null ? $"--seconds {this["seconds"]}" : $"--steps {this["steps"]}")}; leave the option out, or start anew in another folder.");
        if (DifferenceTo(Of(merged)) is { } difference) throw new BadInputException($"--resume: {folder} holds another comparison ({difference}); leave the option out, or start anew in another folder.");
    }

    /// <summary>Reads what <see cref="All"/> gave.</summary>
    public static CompareSettings FromJson(string path, JsonElement json)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty p in json.EnumerateObject())
            given[p.Name] = p.Value.GetString() is { } text && Names.Contains(p.Name) ? text : throw new BadInputException($"{path}: has no option {BadInputException.Quote(p.Name)} that this program knows; it was edited or is of another version, start anew in another folder.");
        return Of(given);
    }

    private void Check()
    {
        _ = Dims;
        _ = Arms;
        foreach ((string name, Func<string> canonical) in ((string, Func<string>)[])
        [
            ("steps", () => Text(Steps!.Value)), ("seconds", () => Text(Seconds!.Value)), ("batch", () => Text(Batch)), ("warmup", () => Text(Warmup)),
            ("points", () => Text(Points)), ("validation-rows", () => Text(ValidationRows)), ("rounds", () => Text(Rounds)),
            ("dtype", () => Arguments.OneOf("--dtype", Dtype, "float", "double")), ("seeds", () => string.Join(',', Seeds)),
        ])
            if (this[name] is not null) _options[name] = canonical();
        if (this["warmup"] is not null && Warmup >= 1) throw new BadInputException($"--warmup {Warmup.ToString(CultureInfo.InvariantCulture)}: is the fraction of the budget in which the learning rate rises; expected a number from 0 to less than 1, such as 0.05.");
    }

    private static ulong[] ParseSeeds(string text)
    {
        var seeds = new List<ulong>();
        foreach (string item in text.Split(','))
        {
            int dash = item.IndexOf('-', StringComparison.Ordinal);
            ulong first = Arguments.Seed("--seeds", dash < 0 ? item : item[..dash]), last = dash < 0 ? first : Arguments.Seed("--seeds", item[(dash + 1)..]);
            if (last < first || last - first >= 1000) throw new BadInputException($"--seeds {BadInputException.Quote(text)}: {BadInputException.Quote(item)} is no range of up to 1000 seeds; expected such as 0-4 or 0,1,2.");
            for (ulong seed = first; seed <= last; seed++)
            {
                if (seeds.Contains(seed)) throw new BadInputException($"--seeds {BadInputException.Quote(text)}: {seed} is there twice; leave one.");
                seeds.Add(seed);
            }
        }

        return [.. seeds];
    }

    private void Default(string name, string value) => _options.TryAdd(name, value);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
