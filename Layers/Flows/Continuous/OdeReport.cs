namespace NativeFlow.Layers;

/// <summary>What a solve took.</summary>
/// <param name="Evaluations">Evaluations of the vector field, each on the whole batch.</param>
/// <param name="Steps">Steps made; of the row that made most, where rows step on their own.</param>
/// <param name="Rejected">Attempts thrown away.</param>
/// <param name="Solver">Method and tolerances.</param>
public readonly record struct OdeReport(int Evaluations, int Steps, int Rejected, OdeSolver Solver);
