using System.Text;
using System.Text.Json;
using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

public sealed class LearningRateScheduleTests
{
    public static TheoryData<LearningRateSchedule, long, double> KeySteps() => new()
    {
        { LearningRateSchedule.Constant(0.3), 0, 0.3 },
        { LearningRateSchedule.Constant(0.3), long.MaxValue, 0.3 },
        { LearningRateSchedule.Constant(0.3, 4), 0, 0.075 },
        { LearningRateSchedule.Constant(0.3, 4), 1, 0.15 },
        { LearningRateSchedule.Constant(0.3, 4), 3, 0.3 },
        { LearningRateSchedule.Constant(0.3, 4), 4, 0.3 },
        { LearningRateSchedule.Cosine(0.2, 100), 0, 0.2 },
        { LearningRateSchedule.Cosine(0.2, 100), 25, 0.1 * (1 + Math.Sqrt(0.5)) },
        { LearningRateSchedule.Cosine(0.2, 100), 50, 0.1 },
        { LearningRateSchedule.Cosine(0.2, 100), 100, 0 },
        { LearningRateSchedule.Cosine(0.2, 110, 10, 0.1), 4, 0.1 },
        { LearningRateSchedule.Cosine(0.2, 110, 10, 0.1), 9, 0.2 },
        { LearningRateSchedule.Cosine(0.2, 110, 10, 0.1), 10, 0.2 },
        { LearningRateSchedule.Cosine(0.2, 110, 10, 0.1), 60, 0.11 },
        { LearningRateSchedule.Cosine(0.2, 110, 10, 0.1), 110, 0.02 },
        { LearningRateSchedule.Cosine(0.2, 110, 10, 0.1), 100_000, 0.02 },
        { LearningRateSchedule.Step(0.4, 30, 0.5), 29, 0.4 },
        { LearningRateSchedule.Step(0.4, 30, 0.5), 30, 0.2 },
        { LearningRateSchedule.Step(0.4, 30, 0.5), 59, 0.2 },
        { LearningRateSchedule.Step(0.4, 30, 0.5), 90, 0.05 },
        { LearningRateSchedule.Step(0.4, 30, 0.5, 2), 0, 0.2 },
        { LearningRateSchedule.Step(0.4, 30, 0.5, 2), 31, 0.4 },
        { LearningRateSchedule.Step(0.4, 30, 0.5, 2), 32, 0.2 },
    };

    [Theory]
    [MemberData(nameof(KeySteps))]
    public void RateAtKeySteps(LearningRateSchedule schedule, long step, double expected)
    {
        Assert.InRange(schedule.At(step), expected - 1e-16, expected + 1e-16);
        // The whole curve to the bit after writing and reading.
        LearningRateSchedule again = RoundTrip(schedule);
        Assert.Equal(schedule, again);
        Assert.Equal(schedule.At(step), again.At(step));
    }

    [Fact]
    public void OddNumbersReadBackToTheBit()
    {
        var schedule = LearningRateSchedule.Cosine(0.1 + 0.2, 9_007_199_254_740_993, 7, 1.0 / 3) with { Gamma = Math.BitDecrement(1.0) };
        LearningRateSchedule again = RoundTrip(schedule);
        Assert.Equal(schedule, again);
        for (int step = 0; step < 100; step++) Assert.Equal(schedule.At(step), again.At(step));
        Assert.NotEqual(schedule, schedule with { FinalFraction = 0.3333 });
    }

    [Fact]
    public void AbsentPropertiesHaveDefaults() => Assert.Equal(LearningRateSchedule.Constant(0.001), Parse("{}"));

    [Theory]
    [InlineData("[]", "Learning rate schedule is '[]'; expected a JSON object such as {\"kind\": \"constant\", \"base_rate\": 0.001}.")]
    [InlineData("""{"kind":"linear"}""", "Learning rate schedule: kind is '\"linear\"'; expected \"constant\", \"cosine\" or \"step\".")]
    [InlineData("""{"rate":1}""", "Learning rate schedule has no property 'rate'; it has kind, base_rate, warmup_steps, total_steps, final_fraction, step_size, gamma.")]
    [InlineData("""{"base_rate":-1}""", "Learning rate schedule: base_rate is -1; it must be finite and not negative.")]
    [InlineData("""{"warmup_steps":1.5}""", "Learning rate schedule: warmup_steps is '1.5'; expected a whole number.")]
    [InlineData("""{"gamma":"x"}""", "Learning rate schedule: gamma is '\"x\"'; expected a number.")]
    [InlineData("""{"kind":"cosine","warmup_steps":5,"total_steps":5}""", "Learning rate schedule: total_steps is 5; for the kind 'cosine' it must be more than warmup_steps, which is 5.")]
    [InlineData("""{"kind":"step"}""", "Learning rate schedule: step_size is 0; for the kind 'step' it must be 1 or more.")]
    public void BadSchedulesSayWhatIsWrong(string json, string expected)
        => Assert.Equal(expected, Assert.Throws<BadInputException>(() => Parse(json)).Message);

    [Fact]
    public void ContradictionsAndNegativeStepsAreRefused()
    {
        Assert.Throws<BadInputException>(() => LearningRateSchedule.Cosine(0.1, 10, 10));
        Assert.Throws<BadInputException>(() => LearningRateSchedule.Step(0.1, 0));
        Assert.Throws<BadInputException>(() => new LearningRateSchedule { Kind = ScheduleKind.Step, WarmupSteps = 5 }.At(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(0.1).At(-1));
    }

    private static LearningRateSchedule RoundTrip(LearningRateSchedule schedule)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) schedule.Write(writer);
        return Parse(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static LearningRateSchedule Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return LearningRateSchedule.Read(document.RootElement);
    }
}
