using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// What ops refuse, found by kernels. On a backend that is not asynchronous, or on a tape that records no gradients, a check reads its finding and throws
/// at once. Otherwise the first finding of every place stays in memory and is thrown when something is read from the tape, or by <see cref="Require"/>.
/// </summary>
public sealed class DeferredChecks<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Tape<T> _tape;
    private readonly Dictionary<CheckSite<T>, int> _places = [];
    private CheckSite<T>[] _sites = new CheckSite<T>[16];
    private T[] _read = [];
    private Slice _kept = Slice.None;
    private bool _pending;
    private bool _records;
    private int _pass;

    internal DeferredChecks(Tape<T> tape) => _tape = tape;

    /// <summary>Refuses where the first of two numbers that a kernel found is not at most <paramref name="limit"/>. Allocates nothing after a place's first time.</summary>
    /// <param name="site">The place.</param>
    /// <param name="found">The two numbers: a row and a column of <paramref name="x"/>, or what the place makes of them.</param>
    /// <param name="x">Values that they name one of [rows x <paramref name="cols"/>]; <see cref="Slice.None"/> for none.</param>
    /// <param name="cols">Columns of x.</param>
    /// <param name="limit">Largest first number that passes.</param>
    public void Check(in CheckSite<T> site, Slice found, Slice x, int cols, double limit)
    {
        IBackend<T> backend = _tape.Backend;
        if (backend.IsAsynchronous && (_records || _tape.RecordsGradients))
        {
            FindingKernel<T>.Keep(backend, found, x, cols, PlaceOf(site), limit, _pass);
            _pending = true;
            return;
        }

        Span<T> numbers = stackalloc T[2], value = stackalloc T[1];
        backend.Read(found, numbers);
        if (double.CreateTruncating(numbers[0]) <= limit) return;
        if (!x.IsNone) backend.Read(x.Part((int.CreateTruncating(numbers[0]) * cols) + int.CreateTruncating(numbers[1]), 1), value);
        throw site.Refuse(site, numbers[0], numbers[1], value[0]);
    }

    /// <summary>Throws the first finding since the last call, if there is one: of the earliest pass (from one <see cref="Tape{T}.Reset"/> to the next), and in it of the place that was met first. Reads once, and only after a check was put off.</summary>
    public void Require()
    {
        if (!_pending) return;
        Span<T> kept = _read.AsSpan(0, _places.Count * FindingKernel<T>.Length);
        _tape.Backend.Read(_kept.Part(0, kept.Length), kept);
        (_pending, _pass) = (false, 0);
        int first = -1;
        for (int i = 0; i < kept.Length; i += FindingKernel<T>.Length)
            if (kept[i] >= T.Zero && (first < 0 || kept[i] < kept[first])) first = i;
        if (first < 0) return;
        BasicKernels<T>.Fill(_tape.Backend, _kept, -1);
        ref readonly CheckSite<T> site = ref _sites[first / FindingKernel<T>.Length];
        throw site.Refuse(site, kept[first + 1], kept[first + 2], kept[first + 3]);
    }

    /// <summary>Gives memory back.</summary>
    public void Dispose()
    {
        if (!_kept.IsNone) _tape.Backend.Release(_kept);
        _kept = Slice.None;
    }

    internal void NextPass()
    {
        if (_pending) _pass++;
        // Parts of a step that record no gradients are parts of training all the same.
        _records = _tape.RecordsGradients;
    }

    private Slice PlaceOf(in CheckSite<T> site)
    {
        if (!_places.TryGetValue(site, out int place))
        {
            if (_kept.IsNone || _places.Count == _sites.Length) Grow();
            place = _places.Count;
            _places.Add(site, place);
            _sites[place] = site;
        }
        return _kept.Part(place * FindingKernel<T>.Length, FindingKernel<T>.Length);
    }

    private void Grow()
    {
        Require();
        if (!_kept.IsNone)
        {
            Array.Resize(ref _sites, 2 * _sites.Length);
            _tape.Backend.Release(_kept);
        }
        _read = new T[_sites.Length * FindingKernel<T>.Length];
        _kept = _tape.Backend.Allocate(_read.Length);
        BasicKernels<T>.Fill(_tape.Backend, _kept, -1);
    }
}
