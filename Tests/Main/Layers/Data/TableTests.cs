using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class TableTests
{
    private static Table Doubles() => Table.FromDoubles("d", 4, 3, [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32], ["a", "b", "c"]);

    private static double[] Row(Table table, int row)
    {
        double[] values = new double[table.Columns];
        table.CopyRow<double>(row, values);
        float[] singles = new float[table.Columns];
        table.CopyRow<float>(row, singles);
        Assert.Equal(values, Array.ConvertAll(singles, v => (double)v));
        Assert.Equal(values, Enumerable.Range(0, table.Columns).Select(c => table[row, c]));
        return values;
    }

    [Fact]
    public void ViewsOfViewsReachTheRightCells()
    {
        Table table = Doubles();
        Assert.Equal([10.0, 11, 12], Row(table, 1));
        Assert.Equal([20.0, 21, 22], Row(table.Slice(1, 3), 1));
        Assert.Equal([30.0, 31, 32], Row(table.Slice(1, 3).Select([2, 0, 2]), 0));
        Assert.Equal([10.0, 11, 12], Row(table.Slice(1, 3).Select([2, 0, 2]).Slice(1, 1), 0));
        Table columns = table.SelectColumns([2, 0]).Select([3, 1]).SelectColumns([1]);
        Assert.Equal([30.0], Row(columns, 0));
        Assert.Equal([10.0], Row(columns, 1));
        Assert.Equal(["a"], columns.ColumnNames!);
    }

    [Fact]
    public void ByteTablesCarryLevelsAndImageSizesUntilColumnsAreChosen()
    {
        Table table = Table.FromImages("i", 2, 1, 2, 3, [0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11], levels: 256);
        Assert.Equal([0.0, 1, 2, 3, 4, 255], Row(table, 0));
        Table slice = table.Slice(1, 1);
        Assert.Equal((256, 3, 2), (slice.Levels, slice.Width, slice.Height));
        Table column = table.SelectColumns([5]);
        Assert.Equal((256, null, null), (column.Levels, column.Width, column.Height));
        Assert.Equal([255.0], Row(column, 0));
    }

    [Fact]
    public void OutOfRangeIsRefused()
    {
        Table table = Doubles();
        Assert.Throws<ArgumentException>(() => table.CopyRow<float>(4, new float[3]));
        Assert.Throws<ArgumentException>(() => table.CopyRow<float>(-1, new float[3]));
        Assert.Throws<ArgumentException>(() => table.CopyRow<float>(0, new float[2]));
        Assert.Throws<ArgumentException>(() => table.Slice(3, 1)[1, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Slice(3, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Select([4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.SelectColumns([-1]));
        Assert.Throws<ArgumentException>(() => Table.FromBytes("x", 2, 2, new byte[5], 0));
        Assert.Throws<ArgumentException>(() => Table.FromDoubles("x", 1, 2, new double[2], ["only one"]));
    }

    [Fact]
    public void CopyingRowsAllocatesNothing()
    {
        Table table = Doubles().Select([1, 2]).SelectColumns([0, 2]);
        float[] row = new float[2];
        table.CopyRow<float>(0, row);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            table.CopyRow<float>(i % 2, row);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
