using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The spectral norm of an MLP: exact in evaluation, one step a training step, right gradients.</summary>
public sealed class SpectralNormTests
{
    private const double Kappa = 0.7;

    [Fact]
    public void Evaluated_weights_have_the_norm()
    {
        using Net net = new();
        // A network without hidden layers is its weight: images of the unit vectors.
        double[] w = net.Run(FlowMode.Evaluate, provisional: false), s = new double[3];
        Svd.Values<double>(w, 5, 3, s);
        Assert.Equal(Kappa, s[0], 1e-11);
        Assert.Equal(Kappa, ((ILipschitzNetwork<double>)net.Mlp).Bounds(net.Store, double.PositiveInfinity).Lipschitz, 1e-11);
    }

    [Fact]
    public void A_training_step_moves_the_vector_a_provisional_one_and_evaluation_do_not()
    {
        using Net net = new();
        double[] before = net.Store.Read(net.Vector);
        net.Run(FlowMode.Evaluate, provisional: false);
        net.Run(FlowMode.Train, provisional: true);
        Assert.Equal(before, net.Store.Read(net.Vector));
        double[] first = net.Run(FlowMode.Train, provisional: false);
        Assert.NotEqual(before, net.Store.Read(net.Vector));
        double[] w = first;
        for (int i = 0; i < 200; i++) w = net.Run(FlowMode.Train, provisional: false);
        Assert.NotEqual(first, w);
        BijectorChecks.Close("converged", w, net.Run(FlowMode.Evaluate, provisional: false), 1e-10);
    }

    [Fact]
    public void A_certificate_sees_an_iteration_that_stopped_at_the_wrong_vector()
    {
        using Net net = new();
        // Singular values 3, 2, 1 and a start that is exactly the second vector: the iteration cannot leave it.
        net.Store.Write(net.Store.Find("n.net.0.weight"), [3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        net.Store.Write(net.Vector, [0, 1, 0, 0, 0]);
        Assert.Equal(1.5 * Kappa, net.Run(FlowMode.Evaluate, provisional: false)[0], 1e-14);
        Assert.Equal(1.5 * Kappa, ((ILipschitzNetwork<double>)net.Mlp).Bounds(net.Store, double.PositiveInfinity).Lipschitz, 1e-14);
    }

    [Fact]
    public void A_small_weight_is_left_alone()
    {
        using Net net = new(scale: 1e-3);
        double[] w = net.Run(FlowMode.Evaluate, provisional: false);
        double[] weight = Dense.Transpose(net.Store.Read(net.Store.Find("n.net.0.weight")), 5, 3);
        BijectorChecks.Close("weight", w, Dense.Transpose(weight, 3, 5), 1e-15);
    }

    [Fact]
    public void Its_gradient_is_that_of_differences()
    {
        using var backend = new ReferenceBackend<double>();
        using var store = new ParameterStore<double>(backend);
        var mlp = new Mlp<double>(3, 2, [4], Activation.Tanh, Kappa);
        mlp.Attach(store, "n", 5, default);
        store.Build();
        foreach (ParameterStore<double>.Entry e in store.Parameters) store.Write(e.Var, new PhiloxNormals(7).Take(e.Var.Length));
        double[] x = new PhiloxNormals(9).Take(6), weights = new PhiloxNormals(13).Take(4);
        using var tape = new Tape<double>(backend, store);
        double Loss(bool backward)
        {
            tape.Reset();
            Var y = mlp.Record(tape, tape.Input(x, 2, 3), new StepContext());
            Var loss = tape.Sum(tape.Multiply(y, tape.Input(weights, 2, 2)));
            if (backward) tape.Backward(loss);
            return tape.Scalar(loss);
        }
        Loss(backward: true);
        foreach (ParameterStore<double>.Entry e in store.Parameters)
        {
            double[] gradient = store.ReadGradient(e.Var), values = store.Read(e.Var);
            for (int i = 0; i < values.Length; i++)
            {
                const double H = 1e-5;
                double at = values[i];
                values[i] = at + H;
                store.Write(e.Var, values);
                double above = Loss(backward: false);
                values[i] = at - H;
                store.Write(e.Var, values);
                double below = Loss(backward: false);
                values[i] = at;
                store.Write(e.Var, values);
                Assert.Equal((above - below) / (2 * H), gradient[i], 1e-7);
            }
        }
    }

    [Fact]
    public void A_norm_that_is_none_is_refused() => Assert.Contains("spectral_norm", Assert.Throws<ArgumentException>(() => new Mlp<double>(2, 2, [], Activation.Relu, 0)).Message, StringComparison.Ordinal);

    private sealed class Net : IDisposable
    {
        private readonly ReferenceBackend<double> _backend = new();

        public Net(double scale = 3)
        {
            Store = new ParameterStore<double>(_backend);
            Mlp = new Mlp<double>(3, 5, [], Activation.Relu, Kappa);
            Mlp.Attach(Store, "n", 5, default);
            Store.Build();
            Store.Write(Store.Find("n.net.0.weight"), [.. new PhiloxNormals(3).Take(15).Select(v => scale * v)]);
            Vector = Store.Buffers.Single(b => b.Name == "n.net.0.u").Var;
        }

        public Mlp<double> Mlp { get; }

        public ParameterStore<double> Store { get; }

        public Var Vector { get; }

        /// <summary>The weight [5 x 3] as used.</summary>
        public double[] Run(FlowMode mode, bool provisional)
        {
            using var tape = new Tape<double>(_backend, Store);
            var rows = new double[15];
            Var y = Mlp.Record(tape, tape.Input([1, 0, 0, 0, 1, 0, 0, 0, 1], 3, 3), new StepContext { Mode = mode, Provisional = provisional });
            tape.Read(y, rows);
            return Dense.Transpose(rows, 3, 5);
        }

        public void Dispose()
        {
            Store.Dispose();
            _backend.Dispose();
        }
    }
}
