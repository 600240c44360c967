using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>A piece of a spline pass in lanes of one width, in the thread's work memory.</summary>
internal readonly unsafe ref struct SplinePass<TLane, T>
    where TLane : struct, ILane<TLane, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Lanes that go through the stages together: enough that one does not wait for another, few enough for the nearest cache.
    private const int MostLanes = 8, MostBytes = 32768;

    // Rows whose log-determinants are summed at a time where parameters are shared.
    private const int SumRows = 64;

    private readonly SplineArgs<T> _args;
    private readonly SplineTables<TLane, T> _tables;
    private readonly SplineBins<TLane, T> _bins;
    private readonly T* _gradients, _rowNumbers, _in, _out, _rawPad, _dRawPad, _sums;
    private readonly int _gradientLength, _lanes;

    public SplinePass(in SplineArgs<T> args)
    {
        int width = TLane.Width;
        _args = args;
        _gradientLength = args.IsBackward ? width * args.RawLength : 0;
        int table = width * SplineTables<TLane, T>.RowCount(args.Bins), binRows = args.IsBackward ? SplineRow.Count : SplineRow.ValueCount;
        int lane = table + _gradientLength + (binRows * width), pad = width * args.RawLength;
        _lanes = Math.Clamp(MostBytes / (lane * sizeof(T)), 1, MostLanes);
        var memory = ThreadScratch.Get<T>((_lanes * (lane + width)) + ((2 + SumRows + (2 * args.Bins)) * width) + (2 * pad));
        _gradients = memory + (_lanes * table);
        T* bins = _gradients + (_lanes * _gradientLength);
        _bins = new SplineBins<TLane, T>(bins, binRows);
        _rowNumbers = bins + (_lanes * binRows * width);
        _in = _rowNumbers + (_lanes * width);
        _out = _in + width;
        _rawPad = _out + width;
        _dRawPad = _rawPad + pad;
        _sums = _dRawPad + pad;
        _tables = new SplineTables<TLane, T>(memory, _sums + (SumRows * width), args.Bins, args.IsShared, args.Numbers);
    }

    /// <summary>Rows from .. to, every element with parameters of its own: rows do not matter but for the sums.</summary>
    public void Own(int from, int to)
    {
        nint end = (nint)to * _args.Columns;
        int chunk = _lanes * TLane.Width;
        for (nint start = (nint)from * _args.Columns; start < end; start += chunk)
        {
            int count = (int)nint.Min(chunk, end - start), lanes = (count + TLane.Width - 1) / TLane.Width;
            for (int i = 0; i < lanes; i++) _tables.Load(i, Raw(start + (i * TLane.Width), Left(count, i)));
            nint next = nint.Min(start + chunk, end), nextEnd = nint.Min(next + chunk, end);
            _tables.Make(lanes, (byte*)(_args.Raw + (next * _args.RawLength)), (byte*)(_args.Raw + (nextEnd * _args.RawLength)));
            for (int i = 0; i < lanes; i++) TakeInput(i, start + (i * TLane.Width), Left(count, i));
            _tables.Find(lanes, _args.IsInverse, _bins);
            _tables.Slopes(lanes, _args.IsBackward, _bins);
            if (!_args.IsBackward)
            {
                for (int i = 0; i < lanes; i++) Value(i, start + (i * TLane.Width), Left(count, i));
                Logarithms(lanes);
                AddRows(start, count);
                continue;
            }
            SpreadRows(start, count);
            for (int i = 0; i < lanes; i++) Backward(i, start + (i * TLane.Width), Left(count, i));
            if (_args.DRaw == null) continue;
            for (int i = 0; i < lanes; i++) _tables.Place(i, _bins, Gradient(i), add: false);
            for (int i = 0; i < lanes; i++) _tables.Finish(i, Gradient(i));
            for (int i = 0; i < lanes; i++) AddRaw(Gradient(i), start + (i * TLane.Width), Left(count, i));
        }
    }

    /// <summary>Rows from .. to; the knots of a lane of columns serve some dozens of rows.</summary>
    public void SharedForward(int from, int to)
    {
        int width = TLane.Width;
        for (int block = from; block < to; block += SumRows)
        {
            int end = Math.Min(block + SumRows, to);
            new Span<T>(_sums, SumRows * width).Clear();
            for (int c = 0; c < _args.Columns; c += width)
            {
                int left = Left(_args.Columns - c, 0);
                _tables.Load(0, Raw(c, left));
                _tables.Make(1, null, null);
                for (int first = block; first < end; first += _lanes)
                {
                    int rows = Math.Min(_lanes, end - first);
                    for (int r = 0; r < rows; r++) TakeInput(r, Element(first + r, c), left);
                    _tables.Find(rows, _args.IsInverse, _bins);
                    _tables.Slopes(rows, derivatives: false, _bins);
                    for (int r = 0; r < rows; r++) Value(r, Element(first + r, c), left);
                    Logarithms(rows);
                    T* sums = _sums + ((first - block) * width);
                    for (int i = 0; i < rows * width; i += width) TLane.Store(TLane.Load(sums + i) + TLane.Load(_rowNumbers + i), sums + i);
                }
            }
            for (int r = block; r < end; r++) _args.LogDet[r] = TLane.SumElements(TLane.Load(_sums + ((r - block) * width)));
        }
    }

    /// <summary>Columns from .. to; gradients of the parameters are summed row after row.</summary>
    public void SharedBackward(int from, int to)
    {
        int width = TLane.Width;
        for (int c = from; c < to; c += width)
        {
            int left = Left(to - c, 0);
            _tables.Load(0, Raw(c, left));
            _tables.Make(1, null, null);
            for (int first = 0; first < _args.Rows; first += _lanes)
            {
                int rows = Math.Min(_lanes, _args.Rows - first);
                for (int r = 0; r < rows; r++) TakeInput(r, Element(first + r, c), left);
                _tables.Find(rows, _args.IsInverse, _bins);
                _tables.Slopes(rows, derivatives: true, _bins);
                for (int r = 0; r < rows; r++) TLane.Store(TLane.Broadcast(_args.DLogDet[first + r]), _rowNumbers + (r * width));
                for (int r = 0; r < rows; r++) Backward(r, Element(first + r, c), left);
                for (int r = 0; r < rows && _args.DRaw != null; r++) _tables.Place(r, _bins, Gradient(0), add: first + r > 0);
            }
            if (_args.DRaw == null) continue;
            _tables.Finish(0, Gradient(0));
            AddRaw(Gradient(0), c, left);
        }
    }

    private static int Left(int count, int lane) => Math.Min(TLane.Width, count - (lane * TLane.Width));

    private nint Element(int row, int column) => ((nint)row * _args.Columns) + column;

    private T* Gradient(int lane) => _gradients + (lane * _gradientLength);

    // Beyond the bounds the spline is evaluated at zero, and what comes out is not used.
    private void TakeInput(int lane, nint at, int left) =>
        _bins.Put(lane, SplineRow.Input, Inside(LoadPart(_args.Input + at, left, Beyond), out _));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLane Inside(TLane v, out TLane outside)
    {
        outside = TLane.LessThan(TLane.Broadcast(_args.Numbers.Bound), TLane.Abs(v));
        return TLane.Select(outside, TLane.Constant(0), v);
    }

    private T Beyond => _args.Numbers.Bound + _args.Numbers.Bound;

    // Stores the values of a lane of elements, and their slopes among the row numbers.
    private void Value(int lane, nint at, int left)
    {
        TLane v = LoadPart(_args.Input + at, left, Beyond), inside = Inside(v, out TLane outside), one = TLane.Constant(1), slope, value;
        var bin = new SplineLane<TLane, T>(_bins, lane);
        if (_args.IsInverse)
        {
            // From x as it is rounded: where z is flat, x and its slope then fit each other though z has lost digits.
            value = bin.X(bin.InversePart(inside));
            bin.Forward(bin.Part(value), out slope);
        }
        else
        {
            value = bin.Forward(bin.Part(inside), out slope);
        }
        StorePart(TLane.Select(outside, v, value), _args.Output + at, left);
        TLane.Store(TLane.Select(outside, one, slope), _rowNumbers + (lane * TLane.Width));
    }

    private void Logarithms(int lanes)
    {
        TLane sign = TLane.Constant(_args.IsInverse ? -1 : 1);
        for (int i = 0; i < lanes * TLane.Width; i += TLane.Width)
            TLane.Store(sign * TLane.Log(TLane.Load(_rowNumbers + i)), _rowNumbers + i);
    }

    // Adds the gradients of a lane of inputs, and leaves those of the knots with the bin.
    private void Backward(int lane, nint at, int left)
    {
        TLane inside = Inside(LoadPart(_args.Input + at, left, Beyond), out TLane outside), zero = TLane.Constant(0);
        TLane bar = LoadPart(_args.DOutput + at, left, T.Zero), zBar = TLane.Select(outside, zero, bar), dInput;
        TLane lBar = TLane.Select(outside, zero, TLane.Load(_rowNumbers + (lane * TLane.Width)));
        var bin = new SplineLane<TLane, T>(_bins, lane);
        if (_args.IsInverse)
        {
            TLane t = bin.Part(bin.X(bin.InversePart(inside))), slope = bin.Slope(t, out TLane bend);
            dInput = (zBar - (lBar * bend)) / slope;
            bin.Backward(t, -dInput, -lBar, _bins, lane);
        }
        else
        {
            dInput = bin.Backward(bin.Part(inside), zBar, lBar, _bins, lane);
        }
        if (_args.DInput == null) return;
        StorePart(LoadPart(_args.DInput + at, left, T.Zero) + TLane.Select(outside, bar, dInput), _args.DInput + at, left);
    }

    private void AddRaw(T* gradient, nint spline, int left)
    {
        T* to = _args.DRaw + (spline * _args.RawLength);
        if (left == TLane.Width)
        {
            SplineBlock.AddBack<TLane, T>(gradient, _args.RawLength, to);
            return;
        }
        new Span<T>(_dRawPad, TLane.Width * _args.RawLength).Clear();
        SplineBlock.AddBack<TLane, T>(gradient, _args.RawLength, _dRawPad);
        for (int i = 0; i < left * _args.RawLength; i++) to[i] += _dRawPad[i];
    }

    // The raw parameters of a lane of splines; where there are fewer than a lane's, zeros follow.
    private T* Raw(nint spline, int left)
    {
        T* raw = _args.Raw + (spline * _args.RawLength);
        if (left == TLane.Width) return raw;
        int length = left * _args.RawLength;
        new Span<T>(raw, length).CopyTo(new Span<T>(_rawPad, length));
        new Span<T>(_rawPad + length, (TLane.Width * _args.RawLength) - length).Clear();
        return _rawPad;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLane LoadPart(T* from, int left, T padding) => left == TLane.Width ? TLane.Load(from) : LoadPadded(from, left, padding);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TLane LoadPadded(T* from, int left, T padding)
    {
        for (int i = 0; i < TLane.Width; i++) _in[i] = i < left ? from[i] : padding;
        return TLane.Load(_in);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void StorePart(TLane value, T* to, int left)
    {
        if (left == TLane.Width) TLane.Store(value, to);
        else StorePadded(value, to, left);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StorePadded(TLane value, T* to, int left)
    {
        TLane.Store(value, _out);
        for (int i = 0; i < left; i++) to[i] = _out[i];
    }

    // logDet of the rows that elements start .. start + count belong to.
    private void AddRows(nint start, int count)
    {
        for (int i = 0; i < count;)
        {
            nint row = (start + i) / _args.Columns;
            int length = (int)nint.Min(count - i, ((row + 1) * _args.Columns) - (start + i));
            T sum = RowLoop.Run<T, ItselfPass>(new(_rowNumbers), i, length);
            _args.LogDet[row] = start + i == row * _args.Columns ? sum : _args.LogDet[row] + sum;
            i += length;
        }
    }

    private void SpreadRows(nint start, int count)
    {
        for (int i = 0; i < count;)
        {
            nint row = (start + i) / _args.Columns;
            int length = (int)nint.Min(count - i, ((row + 1) * _args.Columns) - (start + i));
            new Span<T>(_rowNumbers + i, length).Fill(_args.DLogDet[row]);
            i += length;
        }
    }

    private readonly struct ItselfPass(T* x) : IRowPass<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TOther At<TOther>(nint i) where TOther : struct, ILane<TOther, T> => TOther.Load(x + i);
    }
}
