namespace NativeFlow.Layers;

/// <summary>Three tables of the same kind: what is trained on, what decides when to stop, what is reported.</summary>
public sealed class DataSet
{
    /// <summary>Makes a data set.</summary>
    /// <exception cref="ArgumentException">The tables differ in columns or levels.</exception>
    public DataSet(string name, Table train, Table validation, Table test)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(test);
        if (validation.Columns != train.Columns || test.Columns != train.Columns || validation.Levels != train.Levels || test.Levels != train.Levels)
        {
            throw new ArgumentException($"DataSet '{name}': the three tables must be alike, but are {train}; {validation}; {test}.");
        }

        Name = name;
        Train = train;
        Validation = validation;
        Test = test;
    }

    /// <summary>The set's name.</summary>
    public string Name { get; }

    /// <summary>The training rows.</summary>
    public Table Train { get; }

    /// <summary>The validation rows.</summary>
    public Table Validation { get; }

    /// <summary>The test rows.</summary>
    public Table Test { get; }

    /// <summary>The number of integer levels, 0 for continuous data; the same in all three tables.</summary>
    public int Levels => Train.Levels;

    /// <summary>The density that the rows were drawn from, where it is known; null for real data.</summary>
    public IToyDensity? Toy { get; init; }

    /// <summary>The same columns of all three tables.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column does not exist.</exception>
    public DataSet SelectColumns(ReadOnlySpan<int> columns) =>
        new(Name, Train.SelectColumns(columns), Validation.SelectColumns(columns), Test.SelectColumns(columns));

    internal static DataSet From(Table table, RowSplit split) =>
        new(table.Name, table.Select(split.Train), table.Select(split.Validation), table.Select(split.Test));
}
