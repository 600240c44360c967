using System.Numerics;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>A flow monitor beside a training run: looks every so many steps at the first training rows, writes each look down and warns once of each kind of alarm in each place.</summary>
internal sealed class TrainMonitor<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Rows = 16;

    // Singular values cost several times the rest of a look; so rarely, a look every 100 steps of the default model stays a few per cent of the training.
    private const int SpectrumEvery = 4;

    private readonly FlowMonitor<T> _monitor;
    private readonly RunFolder _folder;
    private readonly TrainDisplay _display;
    private readonly int _every;
    private readonly HashSet<(FlowAlarmKind, string)> _warned = [];

    public TrainMonitor(Flow<T> flow, Table table, ulong key, int every, RunFolder folder, TrainDisplay display, int threads)
    {
        if (flow.Base.IsDiscrete) throw new NativeFlow.Engine.BadInputException("--monitor: the model is discrete and has no Jacobian; leave the option out.");
        (_every, _folder, _display) = (every, folder, display);
        int d = flow.Dimension, rows = Math.Min(Rows, table.Rows), width = flow.ContextWidth;
        T[] probe = new T[rows * d], context = new T[rows * width];
        for (int r = 0; r < rows; r++)
        {
            table.CopyRow(r, probe.AsSpan(r * d, d));
            if (width > 0) table.Context!.CopyRow(r, context.AsSpan(r * width, width));
        }

        if (table.Levels > 0) Dequantization.AddUniformNoise(probe.AsSpan(), key, 0, 0);
        _monitor = new FlowMonitor<T>(flow, probe, context, threads: threads);
    }

    /// <summary>The last look; null before the first.</summary>
    public FlowMonitorReport? Last { get; private set; }

    /// <summary>Looks when it is time.</summary>
    /// <param name="steps">Training steps done.</param>
    public void After(long steps)
    {
        if (steps % _every != 0) return;
        // Decided by the step alone, so that a resumed run looks alike.
        Last = _monitor.Look(steps, spectrum: steps / _every % SpectrumEvery == 1);
        _folder.AppendLook(Last.ToJson());
        foreach (FlowAlarm alarm in Last.Alarms)
            if (_warned.Add((alarm.Kind, alarm.Where))) _display.Warn($"step {steps}, {alarm}");
    }

    public void Dispose() => _monitor.Dispose();
}
