using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Compare;

/// <summary>Times and allocations of training steps. One thread is timed by its own CPU time, which other programs disturb little; several by the wall clock.</summary>
/// <param name="threads">Threads that a step uses.</param>
/// <param name="cold">First steps that are left out.</param>
/// <param name="cycle">Steps from one costly step of a strategy to the next: what is kept is the mean over so many.</param>
internal sealed class StepMeter(int threads, int cold, int cycle)
{
    /// <summary>Beyond so many only every second one is kept, then every fourth and so on.</summary>
    private const int Most = 1 << 16;

    private readonly List<float> _milliseconds = [];
    private long _steps;
    private long _allocated;
    private long _stride = 1;
    private double _start;
    private double _sum;
    private long _before;

    /// <summary>Median and quartiles; null before the first step that counts.</summary>
    public Spread? Milliseconds => _milliseconds.Count > 0 ? Spread.Of(_milliseconds.Select(m => (double)m)) : null;

    /// <summary>Managed bytes a step, by the thread that trains; null before the first step that counts.</summary>
    public double? AllocatedBytes => _steps > cold ? _allocated / (double)(_steps - cold) : null;

    /// <summary>Seconds of the clock that steps are timed by.</summary>
    public double Now => threads == 1 ? BenchClock.Thread : BenchClock.Wall;

    /// <summary>Bytes of parameters, optimiser slots, buffers, and of gradients and working memory.</summary>
    public static long PeakBytes<T>(FlowTrainer<T> trainer) where T : unmanaged, IFloatingPointIeee754<T>
        => trainer.TapeBytes + (((trainer.Flow.Store.Values.Length * (1L + trainer.Flow.Store.SlotCount)) + trainer.Flow.Store.BufferValues.Length) * Unsafe.SizeOf<T>());

    public void Begin()
    {
        _before = GC.GetAllocatedBytesForCurrentThread();
        _start = Now;
    }

    public void End()
    {
        double seconds = Now - _start;
        if (_steps++ < cold) return;
        _allocated += GC.GetAllocatedBytesForCurrentThread() - _before;
        long counted = _steps - cold;
        _sum += seconds;
        if (counted % cycle != 0) return;
        double mean = _sum / cycle;
        _sum = 0;
        if (counted / cycle % _stride != 0) return;
        _milliseconds.Add((float)(1e3 * mean));
        if (_milliseconds.Count < Most) return;
        for (int i = 0; i < Most / 2; i++) _milliseconds[i] = _milliseconds[2 * i];
        _milliseconds.RemoveRange(Most / 2, Most / 2);
        _stride *= 2;
    }
}
