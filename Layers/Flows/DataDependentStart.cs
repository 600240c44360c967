using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A layer of layers, which may hold data-dependent ones.</summary>
internal interface IDataDependentNest<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Whether all that are inside have their start values.</summary>
    bool IsInitialized(ParameterStore<T> store);

    /// <summary>Gives those inside their batch; returns the layer's output.</summary>
    Var Initialize(Tape<T> tape, Var x, in StepContext c);
}

/// <summary>Walks a batch through layers and gives those with data-dependent start values what reaches them.</summary>
internal static class DataDependentStart
{
    public static bool IsDone<T>(IReadOnlyList<IBijector<T>> layers, ParameterStore<T> store) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (IBijector<T> layer in layers)
        {
            if (layer is IDataDependent<T> data && !data.IsInitialized(store)) return false;
            if (layer is IDataDependentNest<T> nest && !nest.IsInitialized(store)) return false;
        }
        return true;
    }

    /// <summary>The output of the last layer. The tape must be bound to the store of the layers.</summary>
    public static Var Run<T>(Tape<T> tape, IReadOnlyList<IBijector<T>> layers, Var x, in StepContext c) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ParameterStore<T> store = tape.Store!;
        foreach (IBijector<T> layer in layers)
        {
            if (layer is IDataDependentNest<T> nest)
            {
                x = nest.Initialize(tape, x, c);
                continue;
            }
            if (layer is IDataDependent<T> data && !data.IsInitialized(store))
            {
                var values = new T[x.Length];
                tape.Read(x, values);
                data.Initialize(store, values, x.Rows);
            }
            x = layer.Forward(tape, x, c).Output;
        }
        return x;
    }
}
