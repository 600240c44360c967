namespace NativeFlow.Cli;

/// <summary>A thin grey line that says where something would be: from one point to another, in the plot's units.</summary>
/// <param name="Text">Written at its upper or right end.</param>
internal sealed record PlotGuide(string Text, (double X, double Y) From, (double X, double Y) To);
