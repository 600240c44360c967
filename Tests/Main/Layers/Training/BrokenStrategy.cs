using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>Trains like stale-inverse, but breaks one promise: what the training tests must catch.</summary>
internal sealed class BrokenStrategy(string fault) : IJacobianStrategy<float>
{
    private readonly StaleInverse<float> _sound = new(7);
    private readonly List<float[]> _kept = [];
    private long _calls;

    public int Threads { get; init; } = 1;

    public OtherThread? Other { get; init; }

    public string Name => "stale-inverse";

    public ValueKind Value => _sound.Value;

    public GradientKind Gradient => _sound.Gradient;

    public SiteKinds Supports => _sound.Supports;

    public JacobianSite Attach(ParameterStore<float> store, in JacobianSite site, ReadOnlySpan<double> initialWeight) => _sound.Attach(store, site, initialWeight);

    public FlowStep Record(Tape<float> tape, in JacobianSite site, Var x, in StepContext c)
    {
        _calls++;
        FlowStep step = _sound.Record(tape, site, x, c);
        switch (fault)
        {
            case "allocates":
                _kept.Add(new float[1]);
                return step;
            case "allocates on another thread":
                Other!.Run();
                return step;
            case "grows":
                // More memory in every step, as a graph does that is never reset.
                tape.Constant(0, 1, (int)(_calls * 4096));
                return step;
            case "hidden state":
                return step with { LogAbsDet = tape.Scale(step.LogAbsDet, 1 + (0.01 * _calls)) };
            case "threads":
                // One unit in the last place, as a sum over another number of pieces would give.
                return step with { LogAbsDet = tape.Scale(step.LogAbsDet, 1 + (Threads * 1.2e-7)) };
            default:
                throw new ArgumentException(fault);
        }
    }

    public void WriteConfig(Utf8JsonWriter json) => _sound.WriteConfig(json);
}
