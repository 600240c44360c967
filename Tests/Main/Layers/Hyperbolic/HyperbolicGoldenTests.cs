using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Against numbers computed with 40 digits.</summary>
public sealed class HyperbolicGoldenTests
{
    [Fact]
    public void InDouble() => All<double>(1e-14);

    [Fact]
    public void InSingle() => All<float>(1e-6);

    private static void All<T>(double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var one = new HyperbolicSpace<T>();
        double[] v = [0.3, -0.4], t = [1.2217484963986273, 0.61087424819931365], w = [1.3182660202471085, 0.22687178363491474], z = [1.7481014064924979, 0.30084586720312684];
        Is([0.31265718329624842, -0.41687624439499789], tape => one.Exp0(tape, Row(tape, v)));
        Is(v, tape => one.Log0(tape, Row(tape, [0.31265718329624842, -0.41687624439499789])));
        Is([0.041324854612918109], tape => one.LogSinhRatio(tape, Row(tape, v)));
        Is(t, tape => one.Exp0(tape, Row(tape, [1, 0.5])));
        Is(w, tape => one.Translate(tape, Row(tape, v), Row(tape, t)));
        Is(v, tape => one.Translate(tape, Row(tape, w), Row(tape, t), back: true));
        Is(z, tape => one.Exp0(tape, Row(tape, w)));
        Is([0.5], tape => one.Distance(tape, Row(tape, t), Row(tape, z)));

        var two = new HyperbolicSpace<T>(2);
        double[] v3 = [0.3, -0.4, 1.2], w3 = [1.3299476976450414, 0.13577772731474914, -0.92798081581010312], z3 = [1.481639943485986, 0.15126437271292839, -1.0338251992372151];
        Is(w3, tape => two.Translate(tape, Row(tape, v3), two.Exp0(tape, Row(tape, [1, 0.5, -2]))));
        Is(v3, tape => two.Translate(tape, Row(tape, w3), two.Exp0(tape, Row(tape, [1, 0.5, -2])), back: true));
        Is(z3, tape => two.Exp0(tape, Row(tape, w3)));
        Is(w3, tape => two.Log0(tape, Row(tape, z3)));
        Is([1.3], tape => two.Distance(tape, two.Exp0(tape, Row(tape, [1, 0.5, -2])), Row(tape, z3)));

        void Is(double[] wanted, Func<Tape<T>, Var> record) => Recorded<T>.Near(wanted, new Recorded<T>((tape, _) => record(tape)).Value(), tolerance, typeof(T).Name);

        static Var Row(Tape<T> tape, double[] x) => tape.Input(Array.ConvertAll(x, T.CreateTruncating), 1, x.Length);
    }
}
