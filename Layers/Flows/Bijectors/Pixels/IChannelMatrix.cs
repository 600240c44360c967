using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A way to write the C x C matrix W of <see cref="Conv1x1{T}"/>.</summary>
internal interface IChannelMatrix<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Its name in a recipe.</summary>
    string Form { get; }

    /// <summary>Adds parameters and buffers; gives one of the parameters, the sign that it is attached.</summary>
    Var Attach(ParameterStore<T> store, string scope, ulong seed);

    /// <summary>Records W [C x C].</summary>
    Var Matrix(Tape<T> tape);

    /// <summary>Records W^-1 [C x C], each column by a solve.</summary>
    Var Inverse(Tape<T> tape);

    /// <summary>Records factor log|det W| [1 x 1].</summary>
    Var LogDet(Tape<T> tape, double factor);

    /// <summary>Writes what only this form has.</summary>
    void WriteConfig(Utf8JsonWriter json);
}
