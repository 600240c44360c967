namespace NativeFlow.Tests;

/// <summary>A PTX program that the machine cannot run, or that does what no program may.</summary>
internal sealed class PtxFault(string message) : Exception(message);
