using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Small latent-variable models and data for tests.</summary>
internal static class LatentCase
{
    public static TheoryData<LatentModelKind> Kinds => [.. Enum.GetValues<LatentModelKind>()];

    public static LatentModelOptions Options(LatentModelKind kind, int data = 6, int latent = 4, DecoderLikelihoodKind likelihood = DecoderLikelihoodKind.Gaussian) => new()
    {
        Kind = kind,
        DataDimension = data,
        Latent = latent,
        Hidden = 12,
        FlowHidden = 10,
        Radius = 1.3,
        Activation = Activation.Tanh,
        Likelihood = likelihood,
        Seed = 5,
    };

    /// <summary>The model with every parameter moved off its start, so that flows are no identities.</summary>
    public static LatentModel<T> Moved<T>(LatentModelOptions options, IBackend<T>? backend = null, double by = 0.3) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        LatentModel<T> model = LatentModels.Create(options, backend ?? new SimdBackend<T>(1));
        ulong stream = 0;
        foreach (ParameterStore<T>.Entry e in model.Store.Parameters)
        {
            var values = new double[e.Var.Length];
            RandomFill.Gaussian<double>(77, stream++, 0, values);
            T[] start = model.Store.Read(e.Var);
            for (int i = 0; i < values.Length; i++) values[i] = double.CreateTruncating(start[i]) + by * values[i];
            if (!e.Name.EndsWith("log_radius", StringComparison.Ordinal)) model.Store.Write(e.Var, values);
        }
        return model;
    }

    /// <summary>Rows of correlated numbers.</summary>
    public static Table Data(int rows, int columns, ulong seed = 3)
    {
        var values = new double[rows * columns];
        RandomFill.Gaussian<double>(seed, 0, 0, values);
        for (int r = 0; r < rows; r++)
            for (int c = 1; c < columns; c++) values[r * columns + c] = 0.6 * values[r * columns + c] + values[r * columns];
        return Table.FromDoubles("sample", rows, columns, values);
    }

    /// <summary>Rows of grey levels 0 to 15.</summary>
    public static Table Grey(int rows, int columns)
    {
        var values = new double[rows * columns];
        RandomFill.Uniform<double>(4, 0, 0, values);
        return Table.FromBytes("grey", rows, columns, [.. values.Select(v => (byte)(16 * v))], 16);
    }

    public static double[] Rows(Table table)
    {
        var values = new double[table.Rows * table.Columns];
        for (int r = 0; r < table.Rows; r++) table.CopyRow(r, values.AsSpan(r * table.Columns, table.Columns));
        return values;
    }
}
