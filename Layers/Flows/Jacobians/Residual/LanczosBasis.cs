using System.Buffers;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Golub-Kahan bidiagonalisation of A = I + J for every sample at once: A V = U B and A^T U = V B^T with B upper bidiagonal, V starting at a probe. B^T B
/// is the tridiagonal matrix of Lanczos on A^T A, found without squaring the condition number. Vectors are kept on the host in double and fully
/// reorthogonalised; the products with A and A^T are the map's own derivatives.
/// </summary>
/// <remarks>m steps: m forward derivatives, m - 1 backward ones (each about a pass of the map), 4 m^2 D flops a sample on the host, 2 m D numbers a sample rented.</remarks>
internal ref struct LanczosBasis<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _rows, _cols, _steps;
    private readonly double[] _v, _u, _alpha, _beta, _length;
    private readonly int[] _size;
    private readonly T[] _batch;

    /// <summary>Runs the steps.</summary>
    /// <param name="tape">The tape that holds the graph from input to output.</param>
    /// <param name="output">g(x) [rows x D].</param>
    /// <param name="input">x [rows x D].</param>
    /// <param name="probe">Probes e [rows x D].</param>
    /// <param name="steps">Steps m; no more than D are taken.</param>
    public LanczosBasis(Tape<T> tape, Var output, Var input, Var probe, int steps)
    {
        (_rows, _cols) = (probe.Rows, probe.Cols);
        _steps = Math.Min(steps, _cols);
        int length = probe.Length;
        _v = ArrayPool<double>.Shared.Rent(length * _steps);
        _u = ArrayPool<double>.Shared.Rent(length * _steps);
        _alpha = ArrayPool<double>.Shared.Rent(_rows * _steps);
        _beta = ArrayPool<double>.Shared.Rent(_rows * _steps);
        _length = ArrayPool<double>.Shared.Rent(_rows);
        _size = ArrayPool<int>.Shared.Rent(_rows);
        _batch = ArrayPool<T>.Shared.Rent(length);
        bool recorded = tape.RecordsGradients;
        tape.RecordsGradients = false;
        try
        {
            Run(tape, output, input, probe);
        }
        finally
        {
            tape.RecordsGradients = recorded;
        }
    }

    /// <summary>|e|^2 e1^T log(B^T B) e1 / 2 for a sample: the quadrature of e^T log(A^T A) e / 2.</summary>
    public readonly double Value(int row)
    {
        int n = _size[row];
        Span<double> diagonal = stackalloc double[SlqLimits.MostSteps], off = stackalloc double[SlqLimits.MostSteps], first = stackalloc double[SlqLimits.MostSteps];
        ReadOnlySpan<double> alpha = _alpha.AsSpan(row * _steps, n), beta = _beta.AsSpan(row * _steps, n);
        for (int k = 0; k < n; k++)
        {
            diagonal[k] = (alpha[k] * alpha[k]) + (k == 0 ? 0 : beta[k - 1] * beta[k - 1]);
            off[k] = alpha[k] * beta[k];
        }
        TridiagonalEigen.Solve(diagonal[..n], off[..n], first[..n]);
        double sum = 0;
        for (int k = 0; k < n; k++) sum += first[k] * first[k] * Math.Log(diagonal[k]);
        return 0.5 * _length[row] * _length[row] * sum;
    }

    /// <summary>w = U B^-T |e| e1 for every sample: A^-T e as far as the Krylov space holds it (Craig's method: of all its vectors the nearest).</summary>
    public readonly void WriteSolution(Tape<T> tape, Var solution)
    {
        Span<T> batch = _batch.AsSpan(0, _rows * _cols);
        Span<double> sum = _v.AsSpan(0, _cols);
        for (int r = 0; r < _rows; r++)
        {
            sum.Clear();
            double y = _length[r];
            for (int k = 0; k < _size[r]; k++)
            {
                y = (k == 0 ? y : -_beta[(r * _steps) + k - 1] * y) / _alpha[(r * _steps) + k];
                VectorOps.AddScaled(y, Vector(_u, r, k), sum);
            }
            Span<T> row = batch.Slice(r * _cols, _cols);
            for (int i = 0; i < row.Length; i++) row[i] = T.CreateTruncating(sum[i]);
        }
        tape.Backend.Write(batch, tape.ValueOf(solution));
    }

    /// <summary>Gives the memory back.</summary>
    public readonly void Dispose()
    {
        ArrayPool<double>.Shared.Return(_v);
        ArrayPool<double>.Shared.Return(_u);
        ArrayPool<double>.Shared.Return(_alpha);
        ArrayPool<double>.Shared.Return(_beta);
        ArrayPool<double>.Shared.Return(_length);
        ArrayPool<int>.Shared.Return(_size);
        ArrayPool<T>.Shared.Return(_batch);
    }

    private readonly void Run(Tape<T> tape, Var output, Var input, Var probe)
    {
        Span<T> batch = _batch.AsSpan(0, probe.Length);
        tape.Read(probe, batch);
        for (int r = 0; r < _rows; r++)
        {
            Span<double> v = Vector(_v, r, 0);
            Load(batch, r, v);
            _length[r] = Normalize(v);
            _size[r] = _steps;
        }
        for (int k = 0; k < _steps; k++)
        {
            Product(tape, output, input, _v, k, transposed: false);
            for (int r = 0; r < _rows; r++)
            {
                // alpha_k u_k = A v_k - beta_k-1 u_k-1
                Span<double> u = Vector(_u, r, k);
                Load(batch, r, u);
                Clear(_u, r, k, u);
                _alpha[(r * _steps) + k] = Normalize(u);
                _beta[(r * _steps) + k] = 0;
            }
            if (k + 1 == _steps) return;
            Product(tape, output, input, _u, k, transposed: true);
            for (int r = 0; r < _rows; r++)
            {
                // beta_k v_k+1 = A^T u_k - alpha_k v_k
                Span<double> v = Vector(_v, r, k + 1);
                Load(batch, r, v);
                Clear(_v, r, k + 1, v);
                double beta = Normalize(v), alpha = _alpha[(r * _steps) + k];
                // What rounding leaves of nothing: the space is closed, and the quadrature exact.
                if (!(beta <= 32 * Precision<T>.Epsilon * alpha) && _size[r] > k) _beta[(r * _steps) + k] = beta;
                else _size[r] = Math.Min(_size[r], k + 1);
            }
        }
    }

    // batch := A v or A^T v of vector number k of every sample.
    private readonly void Product(Tape<T> tape, Var output, Var input, double[] vectors, int k, bool transposed)
    {
        Span<T> batch = _batch.AsSpan(0, _rows * _cols);
        for (int r = 0; r < _rows; r++)
        {
            ReadOnlySpan<double> v = Vector(vectors, r, k);
            Span<T> row = batch.Slice(r * _cols, _cols);
            for (int i = 0; i < row.Length; i++) row[i] = T.CreateTruncating(v[i]);
        }
        TapeMark mark = tape.Mark();
        Var x = tape.Input(batch, _rows, _cols);
        tape.Read(tape.Add(transposed ? tape.Vjp(output, input, x) : tape.Jvp(output, input, x), x), batch);
        tape.Release(mark);
    }

    private readonly Span<double> Vector(double[] vectors, int row, int k) => vectors.AsSpan(((row * _steps) + k) * _cols, _cols);

    private readonly void Load(ReadOnlySpan<T> batch, int row, Span<double> v)
    {
        ReadOnlySpan<T> source = batch.Slice(row * _cols, _cols);
        for (int i = 0; i < v.Length; i++) v[i] = double.CreateTruncating(source[i]);
    }

    // Takes the earlier vectors' share out, twice: once more is enough.
    private readonly void Clear(double[] vectors, int row, int count, Span<double> v)
    {
        for (int twice = 0; twice < 2; twice++)
            for (int j = 0; j < count; j++)
            {
                ReadOnlySpan<double> earlier = Vector(vectors, row, j);
                VectorOps.AddScaled(-VectorOps.Dot<double>(v, earlier), earlier, v);
            }
    }

    private static double Normalize(Span<double> v)
    {
        double length = Math.Sqrt(VectorOps.SumSquares<double>(v));
        if (length > 0) VectorOps.Scale(1 / length, v, v);
        return length;
    }
}
