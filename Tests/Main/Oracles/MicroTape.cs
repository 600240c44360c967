namespace NativeFlow.Tests;

/// <summary>
/// Reverse-mode differentiation of single numbers, as plainly as it can be said. Shares nothing with the engine, so that the two can
/// vouch for each other. A node is a number, its parents, and the derivative with respect to each of them.
/// </summary>
public sealed class MicroTape
{
    private readonly List<Node> _nodes = [];

    /// <summary>A number on the tape.</summary>
    public readonly struct Number
    {
        internal Number(MicroTape tape, int index) => (Tape, Index) = (tape, index);

        internal MicroTape Tape { get; }

        internal int Index { get; }

        public double Value => Tape._nodes[Index].Value;

        /// <summary>Derivative of the number that <see cref="Backward"/> was called on with respect to this one.</summary>
        public double Gradient => Tape._nodes[Index].Gradient;

        public static Number operator +(Number a, Number b) => a.Tape.Push(a.Value + b.Value, (a, 1), (b, 1));

        public static Number operator -(Number a, Number b) => a.Tape.Push(a.Value - b.Value, (a, 1), (b, -1));

        public static Number operator *(Number a, Number b) => a.Tape.Push(a.Value * b.Value, (a, b.Value), (b, a.Value));

        public static Number operator /(Number a, Number b) => a.Tape.Push(a.Value / b.Value, (a, 1 / b.Value), (b, -a.Value / (b.Value * b.Value)));

        public static Number operator *(double s, Number a) => a.Tape.Push(s * a.Value, (a, s));

        public Number Tanh()
        {
            double y = Math.Tanh(Value);
            return Tape.Push(y, (this, 1 - y * y));
        }

        public Number Exp()
        {
            double y = Math.Exp(Value);
            return Tape.Push(y, (this, y));
        }

        public Number Log() => Tape.Push(Math.Log(Value), (this, 1 / Value));

        /// <summary>Walks the tape back from this number.</summary>
        public void Backward()
        {
            foreach (Node n in Tape._nodes) n.Gradient = 0;
            Tape._nodes[Index].Gradient = 1;
            // A node comes after its parents, so when it is reached its own gradient is complete.
            for (int i = Index; i >= 0; i--)
                foreach ((int parent, double derivative) in Tape._nodes[i].Parents)
                    Tape._nodes[parent].Gradient += derivative * Tape._nodes[i].Gradient;
        }
    }

    private sealed class Node(double value, (int, double)[] parents)
    {
        public double Value { get; } = value;

        public (int Parent, double Derivative)[] Parents { get; } = parents;

        public double Gradient { get; set; }
    }

    /// <summary>A number that depends on nothing.</summary>
    public Number Variable(double value) => Push(value);

    /// <summary>Many of them.</summary>
    public Number[] Variables(double[] values) => [.. values.Select(Variable)];

    private Number Push(double value, params (Number Parent, double Derivative)[] parents)
    {
        _nodes.Add(new Node(value, [.. parents.Select(p => (p.Parent.Index, p.Derivative))]));
        return new Number(this, _nodes.Count - 1);
    }
}
