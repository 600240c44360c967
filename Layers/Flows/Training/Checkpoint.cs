using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A training run as a file: the model, the optimiser's slots, the best model so far, counters and the run's description.</summary>
public static class Checkpoint
{
    private const string RunKey = "run";

    /// <summary>Writes a checkpoint; the file is replaced whole or not at all.</summary>
    /// <param name="trainer">The run.</param>
    /// <param name="path">File.</param>
    /// <param name="run">Description of the run as JSON, compared on resume by the caller.</param>
    /// <exception cref="NonFiniteException">A parameter is not finite; the file on disk stays as it was.</exception>
    public static void Save<T>(FlowTrainer<T> trainer, string path, string run) where T : unmanaged, IFloatingPointIeee754<T>
        => Write(trainer.Flow.Store, trainer.State, path, run, ModelFile.Recipe(trainer.Flow));

    /// <inheritdoc cref="Save{T}(FlowTrainer{T}, string, string)"/>
    public static void Save<T>(LatentTrainer<T> trainer, string path, string run) where T : unmanaged, IFloatingPointIeee754<T>
        => Write(trainer.Model.Store, trainer.State, path, run, LatentModelFile.Recipe<T>(trainer.Model.Options));

    /// <inheritdoc cref="Save{T}(FlowTrainer{T}, string, string)"/>
    public static void Save<T>(GraphTrainer<T> trainer, string path, string run) where T : unmanaged, IFloatingPointIeee754<T>
        => Write(trainer.Model.Store, trainer.State, path, run, GraphModelFile.Recipe(trainer.Model));

    /// <summary>The description of the run in a checkpoint.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged or no checkpoint.</exception>
    public static string RunOf(string path)
    {
        using TensorFile file = TensorFile.Open(path);
        file.VerifyChecksum();
        return file.RequireMetadata(RunKey);
    }

    /// <summary>Reads a checkpoint into a fresh trainer of the same recipe and optimiser.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged, no checkpoint, or of another model.</exception>
    public static void Load<T>(FlowTrainer<T> trainer, string path) where T : unmanaged, IFloatingPointIeee754<T>
        => Read(trainer.Flow.Store, trainer.State, path, ModelFile.Recipe(trainer.Flow));

    /// <inheritdoc cref="Load{T}(FlowTrainer{T}, string)"/>
    public static void Load<T>(LatentTrainer<T> trainer, string path) where T : unmanaged, IFloatingPointIeee754<T>
        => Read(trainer.Model.Store, trainer.State, path, LatentModelFile.Recipe<T>(trainer.Model.Options));

    /// <inheritdoc cref="Load{T}(FlowTrainer{T}, string)"/>
    public static void Load<T>(GraphTrainer<T> trainer, string path) where T : unmanaged, IFloatingPointIeee754<T>
        => Read(trainer.Model.Store, trainer.State, path, GraphModelFile.Recipe(trainer.Model));

    private static void Write<T>(ParameterStore<T> store, TrainerState<T> state, string path, string run, string recipe) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (ParameterStore<T>.Entry e in store.Parameters)
            foreach (T v in store.Read(e.Var))
                if (!T.IsFinite(v)) throw new NonFiniteException($"After step {state.Step}: parameter '{e.Name}' holds {v}; training has diverged. The last checkpoint is kept; lower the learning rate.");
        var file = new TensorFileWriter();
        file.AddMetadata(RunKey, run);
        ModelFile.Add(file, recipe, store);
        for (int s = 0; s < store.SlotCount; s++)
            AddPlane(file, store, $"slot{s}/", store.Slot(s), store.Parameters);
        AddPlane(file, store, "best/", state.BestValues, store.Parameters);
        AddPlane(file, store, "best/", state.BestBuffers, store.Buffers);
        file.Write(path);
    }

    private static void Read<T>(ParameterStore<T> store, TrainerState<T> state, string path, string recipe) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using TensorFile file = TensorFile.Open(path);
        file.VerifyChecksum();
        if (file.RequireMetadata("recipe") != recipe) throw new BadInputException($"{path}: the checkpoint is of another model than this run's; resume with the options it was started with.");
        ModelFile.Read(path, file, store);
        for (int s = 0; s < store.SlotCount; s++)
            ReadPlane(path, file, store, $"slot{s}/", store.Slot(s), store.Parameters);
        ReadPlane(path, file, store, "best/", state.BestValues, store.Parameters);
        ReadPlane(path, file, store, "best/", state.BestBuffers, store.Buffers);
    }

    private static void AddPlane<T>(TensorFileWriter file, ParameterStore<T> store, string prefix, Slice plane, IReadOnlyList<ParameterStore<T>.Entry> entries) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (ParameterStore<T>.Entry e in entries)
        {
            var values = new T[e.Var.Length];
            store.Backend.Read(plane.Part(e.Var.Offset, e.Var.Length), values);
            file.Add<T>(prefix + e.Name, [e.Var.Rows, e.Var.Cols], values);
        }
    }

    private static void ReadPlane<T>(string path, TensorFile file, ParameterStore<T> store, string prefix, Slice plane, IReadOnlyList<ParameterStore<T>.Entry> entries) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (ParameterStore<T>.Entry e in entries)
            ModelFile.ReadTensor(path, file, prefix + e.Name, e.Var.Rows, e.Var.Cols, plane.Part(e.Var.Offset, e.Var.Length), store.Backend);
    }
}
