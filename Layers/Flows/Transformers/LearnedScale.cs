using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A scale function with the two numbers that <see cref="ScaleFunction.LearnedTanh"/> learns: alpha, beta [1 x 1]; none for the others.</summary>
internal sealed class LearnedScale<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _alpha = Var.None;
    private Var _beta = Var.None;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public LearnedScale(in ScaleSettings settings)
    {
        settings.Check();
        Settings = settings;
    }

    public ScaleSettings Settings { get; }

    private bool IsLearned => Settings.Function == ScaleFunction.LearnedTanh;

    public void Attach(string kind, ParameterStore<T> store, string scope)
    {
        if (!IsLearned) return;
        BijectorGuard.NotAttached(kind, _alpha);
        _alpha = store.AddParameter($"{scope}.alpha", 1, 1, [1], decay: false);
        _beta = store.AddParameter($"{scope}.beta", 1, 1, [0], decay: false);
    }

    /// <summary>Records the scale and its logarithm. The scale is none where it is just the exponential of the logarithm.</summary>
    public (Var Scale, Var LogScale) Record(string kind, Tape<T> tape, Var raw)
    {
        if (IsLearned) BijectorGuard.Attached(kind, _alpha);
        return Settings.Record(tape, raw, _alpha, _beta);
    }

    public ScaleBounds Bounds(string kind, ParameterStore<T> store, double reach)
    {
        if (!IsLearned) return Settings.Bounds(reach, 0, 0);
        BijectorGuard.Attached(kind, _alpha);
        return Settings.Bounds(reach, SingularValues.Read(store, _alpha)[0], SingularValues.Read(store, _beta)[0]);
    }
}
