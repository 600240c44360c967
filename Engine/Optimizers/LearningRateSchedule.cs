using System.Text.Json;

namespace NativeFlow.Engine;

/// <summary>
/// Learning rate by step number, with a linear warm-up. A pure function of the step, so that a resumed run, which knows the
/// step from the store's counter, goes on exactly.
/// </summary>
/// <remarks>
/// With s = step - warm-up: constant: base; cosine: base (f + (1 - f)(1 + cos(pi s/(total - warm-up)))/2), from the total on base f;
/// step: base gamma^floor(s/size). During the warm-up base (step + 1)/warm-up, so the first step already moves.
/// </remarks>
public sealed record LearningRateSchedule
{
    private readonly double _baseRate = 1e-3;
    private readonly long _warmupSteps;
    private readonly long _totalSteps;
    private readonly double _finalFraction;
    private readonly long _stepSize;
    private readonly double _gamma = 0.1;

    /// <summary>Shape after the warm-up.</summary>
    public ScheduleKind Kind { get; init; }

    /// <summary>Rate at the end of the warm-up.</summary>
    public double BaseRate { get => _baseRate; init => _baseRate = Check("base_rate", value, double.IsFinite(value) && value >= 0, "finite and not negative"); }

    /// <summary>Steps of the warm-up; 0 for none.</summary>
    public long WarmupSteps { get => _warmupSteps; init => _warmupSteps = Check("warmup_steps", value, value >= 0, "0 or more"); }

    /// <summary>Cosine: step at which the final rate is reached, warm-up included.</summary>
    public long TotalSteps { get => _totalSteps; init => _totalSteps = Check("total_steps", value, value >= 0, "0 or more"); }

    /// <summary>Cosine: the final rate as a fraction of the base rate.</summary>
    public double FinalFraction { get => _finalFraction; init => _finalFraction = Check("final_fraction", value, value is >= 0 and <= 1, "between 0 and 1"); }

    /// <summary>Step: number of steps between two drops.</summary>
    public long StepSize { get => _stepSize; init => _stepSize = Check("step_size", value, value >= 0, "0 or more"); }

    /// <summary>Step: factor of a drop.</summary>
    public double Gamma { get => _gamma; init => _gamma = Check("gamma", value, value is > 0 and <= 1, "more than 0 and at most 1"); }

    /// <summary>The base rate throughout, after an optional warm-up.</summary>
    public static LearningRateSchedule Constant(double baseRate, long warmupSteps = 0)
        => new() { Kind = ScheduleKind.Constant, BaseRate = baseRate, WarmupSteps = warmupSteps };

    /// <summary>Half a cosine down to <paramref name="finalFraction"/> of the base rate at step <paramref name="totalSteps"/>.</summary>
    public static LearningRateSchedule Cosine(double baseRate, long totalSteps, long warmupSteps = 0, double finalFraction = 0)
        => new LearningRateSchedule { Kind = ScheduleKind.Cosine, BaseRate = baseRate, TotalSteps = totalSteps, WarmupSteps = warmupSteps, FinalFraction = finalFraction }.Validated();

    /// <summary>Times <paramref name="gamma"/> after every <paramref name="stepSize"/> steps, counted from the end of the warm-up.</summary>
    public static LearningRateSchedule Step(double baseRate, long stepSize, double gamma = 0.1, long warmupSteps = 0)
        => new LearningRateSchedule { Kind = ScheduleKind.Step, BaseRate = baseRate, StepSize = stepSize, Gamma = gamma, WarmupSteps = warmupSteps }.Validated();

    /// <summary>Rate of step number <paramref name="step"/>, counted from 0: the number of steps taken before.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    /// <exception cref="BadInputException">The properties contradict each other.</exception>
    public double At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        Validated();
        if (step < WarmupSteps) return BaseRate * ((step + 1) / (double)WarmupSteps);
        long after = step - WarmupSteps;
        switch (Kind)
        {
            case ScheduleKind.Cosine:
                double progress = Math.Min(1, after / (double)(TotalSteps - WarmupSteps));
                return BaseRate * (FinalFraction + (1 - FinalFraction) * (0.5 + 0.5 * Math.Cos(Math.PI * progress)));
            case ScheduleKind.Step:
                return BaseRate * Math.Pow(Gamma, after / StepSize);
            default:
                return BaseRate;
        }
    }

    /// <summary>Writes the schedule as a JSON object; numbers are written so that they read back to the bit.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("kind", Kind switch { ScheduleKind.Cosine => "cosine", ScheduleKind.Step => "step", _ => "constant" });
        writer.WriteNumber("base_rate", BaseRate);
        writer.WriteNumber("warmup_steps", WarmupSteps);
        writer.WriteNumber("total_steps", TotalSteps);
        writer.WriteNumber("final_fraction", FinalFraction);
        writer.WriteNumber("step_size", StepSize);
        writer.WriteNumber("gamma", Gamma);
        writer.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote. Absent properties have their defaults.</summary>
    /// <exception cref="BadInputException">A property is unknown or has a value that cannot be used.</exception>
    public static LearningRateSchedule Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new BadInputException($"Learning rate schedule is {BadInputException.Quote(json.GetRawText())}; expected a JSON object such as {{\"kind\": \"constant\", \"base_rate\": 0.001}}.");
        var schedule = new LearningRateSchedule();
        foreach (JsonProperty property in json.EnumerateObject())
            schedule = property.Name switch
            {
                "kind" => schedule with { Kind = ReadKind(property.Value) },
                "base_rate" => schedule with { BaseRate = ReadNumber(property) },
                "warmup_steps" => schedule with { WarmupSteps = ReadWhole(property) },
                "total_steps" => schedule with { TotalSteps = ReadWhole(property) },
                "final_fraction" => schedule with { FinalFraction = ReadNumber(property) },
                "step_size" => schedule with { StepSize = ReadWhole(property) },
                "gamma" => schedule with { Gamma = ReadNumber(property) },
                _ => throw new BadInputException($"Learning rate schedule has no property {BadInputException.Quote(property.Name)}; it has kind, base_rate, warmup_steps, total_steps, final_fraction, step_size, gamma."),
            };
        return schedule.Validated();
    }

    private LearningRateSchedule Validated()
    {
        // Conditions on two properties; an initialiser sets them in any order, so they wait until both are there.
        if (Kind == ScheduleKind.Cosine && TotalSteps <= WarmupSteps)
            throw new BadInputException($"Learning rate schedule: total_steps is {TotalSteps}; for the kind 'cosine' it must be more than warmup_steps, which is {WarmupSteps}.");
        if (Kind == ScheduleKind.Step && StepSize < 1)
            throw new BadInputException($"Learning rate schedule: step_size is {StepSize}; for the kind 'step' it must be 1 or more.");
        return this;
    }

    private static ScheduleKind ReadKind(JsonElement value) => (value.ValueKind == JsonValueKind.String ? value.GetString() : null) switch
    {
        "constant" => ScheduleKind.Constant,
        "cosine" => ScheduleKind.Cosine,
        "step" => ScheduleKind.Step,
        _ => throw new BadInputException($"Learning rate schedule: kind is {BadInputException.Quote(value.GetRawText())}; expected \"constant\", \"cosine\" or \"step\"."),
    };

    private static double ReadNumber(JsonProperty property)
        => property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetDouble(out double number) ? number
            : throw new BadInputException($"Learning rate schedule: {property.Name} is {BadInputException.Quote(property.Value.GetRawText())}; expected a number.");

    private static long ReadWhole(JsonProperty property)
        => property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt64(out long number) ? number
            : throw new BadInputException($"Learning rate schedule: {property.Name} is {BadInputException.Quote(property.Value.GetRawText())}; expected a whole number.");

    private static TValue Check<TValue>(string name, TValue value, bool isGood, string expected)
        => isGood ? value : throw new BadInputException($"Learning rate schedule: {name} is {value}; it must be {expected}.");
}
