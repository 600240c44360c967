namespace NativeFlow.Layers;

/// <summary>How A + I is scaled, D its row sums.</summary>
public enum AdjacencyNormalization
{
    /// <summary><c>symmetric</c>: D^-1/2 (A + I) D^-1/2 (Kipf and Welling 2017). A node of many neighbours gets a larger sum than one of few.</summary>
    Symmetric,

    /// <summary><c>row</c>: D^-1 (A + I), the mean over a node and its neighbours, as in the code of HGCN (Chami et al. 2019).</summary>
    Row,
}
