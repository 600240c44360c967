using NativeFlow.Engine;

namespace NativeFlow.Cli.Disk;

/// <summary>A density over the disk on a square of pixels, as colours.</summary>
internal sealed class DiskHeat
{
    private readonly double[] _values;
    private readonly int _size;

    /// <summary>Evaluates a density.</summary>
    /// <param name="density">Takes points of the disk of radius <paramref name="radius"/>, [count x 2], to their densities with respect to the hyperbolic area.</param>
    /// <param name="radius">R.</param>
    /// <param name="size">Pixels across.</param>
    /// <param name="ceiling">What the lightest colour stands for; 0: see <see cref="Ceiling"/>.</param>
    /// <exception cref="NonFiniteException">A density is negative or no number.</exception>
    public DiskHeat(Func<double[], double[]> density, double radius, int size, double ceiling = 0)
    {
        _size = size;
        _values = new double[size * size];
        var inside = new List<int>();
        var points = new List<double>();
        for (int i = 0; i < size * size; i++)
        {
            double x = 2 * (i % size + 0.5) / size - 1, y = 1 - 2 * (i / size + 0.5) / size;
            // Just inside, where coordinates still are numbers.
            if (x * x + y * y >= 0.9999) continue;
            inside.Add(i);
            points.Add(radius * x);
            points.Add(radius * y);
        }

        double[] found = density([.. points]);
        for (int i = 0; i < found.Length; i++)
        {
            if (!(found[i] >= 0) || !double.IsFinite(found[i])) throw new NonFiniteException($"The density at ({points[2 * i]}, {points[2 * i + 1]}) of the disk is {found[i]}: the model is badly conditioned there; train it again with a lower learning rate.");
            _values[inside[i]] = found[i];
        }

        Array.Sort(found);
        double high = found[(int)(0.999 * (found.Length - 1))];
        Ceiling = ceiling > 0 ? ceiling : high > 0 ? high : Math.Max(found[^1], double.Epsilon);
    }

    /// <summary>What the lightest colour stands for: the density that one pixel in a thousand exceeds.</summary>
    public double Ceiling { get; }

    /// <summary>Colours the disk of <paramref name="radius"/> pixels about (x, y).</summary>
    public void Draw(Canvas canvas, double x, double y, double radius)
    {
        for (int row = (int)(y - radius); row <= y + radius; row++)
            for (int column = (int)(x - radius); column <= x + radius; column++)
            {
                double dx = column + 0.5 - x, dy = row + 0.5 - y, edge = radius + 0.5 - Math.Sqrt(dx * dx + dy * dy);
                if (edge <= 0) continue;
                canvas.Blend(column, row, ColourMap.Of(At(0.5 * _size * (1 + dx / radius) - 0.5, 0.5 * _size * (1 + dy / radius) - 0.5) / Ceiling), edge);
            }
    }

    private double At(double column, double row)
    {
        (column, row) = (Math.Clamp(column, 0, _size - 1.001), Math.Clamp(row, 0, _size - 1.001));
        int j = (int)column, i = (int)row;
        (double a, double b) = (column - j, row - i);
        return (1 - b) * ((1 - a) * _values[i * _size + j] + a * _values[i * _size + j + 1]) + b * ((1 - a) * _values[(i + 1) * _size + j] + a * _values[(i + 1) * _size + j + 1]);
    }
}
