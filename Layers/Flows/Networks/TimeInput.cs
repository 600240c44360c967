namespace NativeFlow.Layers;

/// <summary>How time enters the layers of a vector field.</summary>
public enum TimeInput
{
    /// <summary>First input column of every layer.</summary>
    Concat,

    /// <summary>Not at all.</summary>
    Ignore,

    /// <summary>Last input column of the first layer.</summary>
    Last,

    /// <summary>Every layer's output is multiplied by s(w t + b), w and b learned.</summary>
    Squash,
}
