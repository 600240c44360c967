using System.Numerics;
using System.Text;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What holds for every optimiser: groups, gaps, bits, allocation, resuming, recipes.</summary>
public sealed class OptimizerTests
{
    /// <summary>Every kernel that exists, with all options away from their defaults.</summary>
    private static readonly string[] Recipes =
    [
        """{"name":"sgd","momentum":0,"dampening":0,"nesterov":false,"weight_decay":0.02}""",
        """{"name":"sgd","momentum":0.7,"dampening":0.2,"nesterov":false,"weight_decay":0.02}""",
        """{"name":"sgd","momentum":0.7,"dampening":0,"nesterov":true,"weight_decay":0.02}""",
        """{"name":"adam","betas":[0.8,0.95],"eps":1E-05,"amsgrad":false,"weight_decay":0.02}""",
        """{"name":"adam","betas":[0.8,0.95],"eps":1E-05,"amsgrad":true,"weight_decay":0.02}""",
        """{"name":"adamw","betas":[0.8,0.95],"eps":1E-05,"amsgrad":false,"weight_decay":0.02}""",
        """{"name":"adamw","betas":[0.8,0.95],"eps":1E-05,"amsgrad":true,"weight_decay":0.02}""",
        """{"name":"adamax","betas":[0.8,0.95],"eps":1E-05,"weight_decay":0.02}""",
        """{"name":"adagrad","lr_decay":0.01,"initial_accumulator_value":0.5,"eps":1E-05,"weight_decay":0.02}""",
        """{"name":"rmsprop","alpha":0.9,"eps":1E-05,"momentum":0,"centered":false,"weight_decay":0.02}""",
        """{"name":"rmsprop","alpha":0.9,"eps":1E-05,"momentum":0.7,"centered":false,"weight_decay":0.02}""",
        """{"name":"rmsprop","alpha":0.9,"eps":1E-05,"momentum":0,"centered":true,"weight_decay":0.02}""",
        """{"name":"rmsprop","alpha":0.9,"eps":1E-05,"momentum":0.7,"centered":true,"weight_decay":0.02}""",
    ];

    private static readonly string[] Kernels =
    [
        "sgd", "sgd-momentum", "sgd-momentum", "adam", "adam-amsgrad", "adam", "adam-amsgrad", "adamax", "adagrad",
        "rmsprop", "rmsprop-momentum", "rmsprop-centred", "rmsprop-centred-momentum",
    ];

    public static TheoryData<int> All() => [.. Enumerable.Range(0, Recipes.Length)];

    [Fact]
    public void EveryKernelOfAnOptimiserHasASimdVersionAndIsInTheList()
    {
        foreach (string recipe in Recipes) DefineKernel<double>(recipe);
        string[] families = [.. OptimizerFactory.Names];
        var defined = CpuKernels<double>.All().Where(k => families.Contains(k.Name.Split('-')[0])).ToList();
        Assert.All(defined, k => Assert.True(k.HasSimd, k.Name));
        Assert.Equal(Kernels.Distinct().Order(StringComparer.Ordinal), defined.Select(k => k.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void SimdHasTheBitsOfTheReference(int index)
    {
        DefineKernel<double>(Recipes[index]);
        DefineKernel<float>(Recipes[index]);
        for (int length = 0; length <= 257; length++)
        {
            KernelBits<double>(index, length);
            KernelBits<float>(index, length);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void GroupsHaveTheirOwnRateAndDecay(int index)
    {
        double[] start = Numbers(40, 1), gradient = Numbers(40, 2);
        (string, int, int, double[], double, bool)[] mixed =
            [("a", 3, 7, start[..21], 1, true), ("b", 1, 5, start[21..26], 0.25, true), ("c", 2, 6, start[26..38], 1, false), ("d", 1, 2, start[38..], 0.5, false)];
        using OptimizerHarness<double> all = New<double>(Recipes[index], mixed);
        Assert.Equal(4, all.Store.Groups.Count);
        for (int step = 0; step < 3; step++)
        {
            for (int p = 0, at = 0; p < 4; at += all.Vars[p++].Length) all.SetGradient(p, gradient.AsSpan(at, all.Vars[p].Length));
            all.Optimizer.Step(all.Store, 0.1);
        }
        for (int p = 0, at = 0; p < 4; at += all.Vars[p++].Length)
        {
            (string name, int rows, int cols, double[] value, double scale, bool decay) = mixed[p];
            string recipe = decay ? Recipes[index] : Recipes[index].Replace("\"weight_decay\":0.02", "\"weight_decay\":0", StringComparison.Ordinal);
            using OptimizerHarness<double> alone = New<double>(recipe, [(name, rows, cols, value, 1, true)]);
            alone.SetGradient(0, gradient.AsSpan(at, rows * cols));
            for (int step = 0; step < 3; step++) alone.Optimizer.Step(alone.Store, 0.1 * scale);
            Assert.Equal(alone.Value(0), all.Value(p));
            Assert.NotEqual(value, all.Value(p));
        }
        // The settings matter: with those of the first group b to d would end elsewhere.
        using OptimizerHarness<double> plain = New<double>(Recipes[index], [.. mixed.Select(m => (m.Item1, m.Item2, m.Item3, m.Item4, 1.0, true))]);
        for (int p = 0, at = 0; p < 4; at += plain.Vars[p++].Length) plain.SetGradient(p, gradient.AsSpan(at, plain.Vars[p].Length));
        for (int step = 0; step < 3; step++) plain.Optimizer.Step(plain.Store, 0.1);
        Assert.Equal(plain.Value(0), all.Value(0));
        for (int p = 1; p < 4; p++) Assert.NotEqual(plain.Value(p), all.Value(p));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AlignmentGapsStayZero(int index)
    {
        Gaps<double>(Recipes[index], "reference");
        Gaps<double>(Recipes[index], "simd");
        Gaps<float>(Recipes[index], "simd");
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AStepAllocatesNothing(int index)
    {
        // Long enough to be cut into pieces.
        using OptimizerHarness<float> h = New<float>(Recipes[index], [("a", 1, PlaneSweep<float, NoRule>.LongestUnsplit + 1, [], 1, true), ("b", 1, 3, [], 0.5, false)]);
        using var clip = new GradientClip<float>(h.Store, 1);
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(0.01, 100, 2);
        void Step()
        {
            clip.Apply();
            h.Optimizer.Step(h.Store, schedule.At(h.Optimizer.StepsTaken(h.Store)));
        }
        Step();
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5; i++) Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ThreadsDoNotChangeABit(int index)
    {
        // Cut into pieces by the sweep and by the norm, with an odd rest.
        int length = (1 << 20) + (5 << 17) + 19;
        Assert.True(length > 2 * PlaneSweep<float, NoRule>.PieceOf(length));
        var start = new double[length];
        for (int i = 0; i < length; i++) start[i] = Math.Sin(i);
        float[]? expected = null;
        double norm = 0;
        // 0 stands for the reference, which knows no pieces.
        for (int threads = 0; threads <= 3; threads++)
        {
            IBackend<float> backend = threads == 0 ? new ReferenceBackend<float>() : new SimdBackend<float>(threads);
            using var h = new OptimizerHarness<float>(backend, Create<float>(Recipes[index]), [("a", 1, length, start, 1, true)]);
            Array.Reverse(start);
            h.SetGradient(0, start);
            Array.Reverse(start);
            using var measure = new GradientClip<float>(h.Store, double.PositiveInfinity);
            double measured = measure.Apply();
            for (int step = 0; step < 2; step++) h.Optimizer.Step(h.Store, 0.01);
            float[] state = h.State();
            if (threads == 0) expected = state;
            Assert.True(state.AsSpan().SequenceEqual(expected), $"{threads} threads");
            if (threads <= 1) norm = measured;
            Assert.Equal(norm, measured);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void AResumedRunGoesOnToTheBit(int index)
    {
        (string, int, int, double[], double, bool)[] parameters = [("a", 3, 7, Numbers(21, 1), 1, true), ("b", 1, 5, Numbers(5, 2), 0.5, false)];
        using OptimizerHarness<double> whole = New<double>(Recipes[index], parameters), first = New<double>(Recipes[index], parameters), second = New<double>(Recipes[index], parameters);
        for (int step = 0; step < 6; step++) StepWithOwnGradient(whole, step);
        for (int step = 0; step < 3; step++) StepWithOwnGradient(first, step);
        second.Optimizer.Prepare(second.Store);
        second.Store.Backend.Write(first.Plane(first.Store.Values), second.Store.Values);
        for (int s = 0; s < first.Store.SlotCount; s++) second.Store.Backend.Write(first.Plane(first.Store.Slot(s)), second.Store.Slot(s));
        second.StepCount = first.StepCount;
        for (int step = 3; step < 6; step++) StepWithOwnGradient(second, step);
        Assert.Equal(whole.State(), second.State());
        Assert.Equal(6, second.Optimizer.StepsTaken(second.Store));
        Assert.NotEqual(whole.State(), first.State());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void RecipesRoundTrip(int index)
    {
        Assert.Equal(Recipes[index], Config(Create<double>(Recipes[index])));
        Assert.Equal(Recipes[index], Config(Create<float>(Recipes[index])));
    }

    [Theory]
    [InlineData("""{"name":"sgd"}""", """{"name":"sgd","momentum":0,"dampening":0,"nesterov":false,"weight_decay":0}""")]
    [InlineData("""{"name":"adam"}""", """{"name":"adam","betas":[0.9,0.999],"eps":1E-08,"amsgrad":false,"weight_decay":0}""")]
    [InlineData("""{"name":"adamw"}""", """{"name":"adamw","betas":[0.9,0.999],"eps":1E-08,"amsgrad":false,"weight_decay":0.01}""")]
    [InlineData("""{"name":"adamax"}""", """{"name":"adamax","betas":[0.9,0.999],"eps":1E-08,"weight_decay":0}""")]
    [InlineData("""{"name":"adagrad"}""", """{"name":"adagrad","lr_decay":0,"initial_accumulator_value":0,"eps":1E-10,"weight_decay":0}""")]
    [InlineData("""{"name":"rmsprop"}""", """{"name":"rmsprop","alpha":0.99,"eps":1E-08,"momentum":0,"centered":false,"weight_decay":0}""")]
    public void DefaultsAreThoseOfPyTorch(string recipe, string expected) => Assert.Equal(expected, Config(Create<double>(recipe)));

    [Theory]
    [InlineData("""{"name":"adma"}""", "No optimizer is named 'adma'; there are sgd, adam, adamw, adamax, adagrad, rmsprop.")]
    [InlineData("""{"name":"adam","beta":[0.9,0.99]}""", "Optimizer 'adam' has no option 'beta'; it has betas, eps, weight_decay, amsgrad.")]
    [InlineData("""{"name":"adam","betas":[0.9]}""", "Optimizer 'adam': option betas is '[0.9]'; expected two numbers in brackets.")]
    [InlineData("""{"name":"adam","betas":[0.9,1]}""", "Optimizer 'adam': betas[1] is 1; it must be at least 0 and below 1.")]
    [InlineData("""{"name":"adam","amsgrad":1}""", "Optimizer 'adam': option amsgrad is '1'; expected true or false.")]
    [InlineData("""{"name":"adam","eps":0}""", "Optimizer 'adam': eps is 0; it must be finite and more than 0 in Double, or elements with a zero gradient become NaN.")]
    [InlineData("""{"name":"sgd","weight_decay":-1}""", "Optimizer 'sgd': weight_decay is -1; it must be finite and at least 0.")]
    [InlineData("""{"name":"sgd","momentum":1e999}""", "Optimizer 'sgd': momentum is Infinity; it must be finite and at least 0.")]
    [InlineData("""{"name":"sgd","nesterov":true}""", "Optimizer 'sgd': nesterov needs a momentum above 0 and a dampening of 0; they are 0 and 0.")]
    [InlineData("""{"momentum":0.9}""", "Optimizer: the recipe must be a JSON object with a \"name\", such as {\"name\": \"adam\"}.")]
    public void BadRecipesSayWhatIsWrong(string recipe, string expected)
        => Assert.Equal(expected, Assert.Throws<BadInputException>(() => Create<double>(recipe)).Message);

    [Fact]
    public void AnEpsilonThatVanishesInFloatIsRefused()
    {
        Assert.Equal(1e-50, new Adam<double>(eps: 1e-50).Eps);
        Assert.Contains("more than 0 in Single", Assert.Throws<BadInputException>(() => new Adam<float>(eps: 1e-50)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MisuseIsRefused()
    {
        using var backend = new ReferenceBackend<double>();
        using var store = new ParameterStore<double>(backend);
        store.AddParameter("a", 1, 1);
        var adam = new Adam<double>();
        Assert.Contains("Attach", Assert.Throws<InvalidOperationException>(() => adam.Step(store, 0.1)).Message, StringComparison.Ordinal);
        adam.Attach(store);
        Assert.Contains("Build", Assert.Throws<InvalidOperationException>(() => adam.Step(store, 0.1)).Message, StringComparison.Ordinal);
        Assert.Contains("Build", Assert.Throws<InvalidOperationException>(() => new GradientClip<double>(store, 1)).Message, StringComparison.Ordinal);
        store.Build();
        Assert.Throws<ArgumentOutOfRangeException>(() => adam.Step(store, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => adam.Step(store, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => adam.Step(store, double.PositiveInfinity));
        Assert.Equal(0, adam.StepsTaken(store));
        // Another object of the same recipe finds the store's counter: the state is the store's.
        new Adam<double>().Step(store, 0.1);
        Assert.Equal(1, adam.StepsTaken(store));
    }

    /// <summary>An optimiser's kernels enter the table with its first step.</summary>
    private static void DefineKernel<T>(string recipe) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using OptimizerHarness<T> h = New<T>(recipe, [("a", 1, 1, [], 1, true)]);
        h.Optimizer.Step(h.Store, 0.1);
    }

    private static void KernelBits<T>(int index, int length) where T : unmanaged, IFloatingPointIeee754<T>
    {
        IOptimizer<T> optimizer = Create<T>(Recipes[index]);
        double[] constants = [0.75, 0.25, 0.875, 0.125, 0.03, 0.4, 1.2, 0.05, 0.9];
        if (Kernels[index].StartsWith("rmsprop", StringComparison.Ordinal)) constants = [0.1, 0.875, 0.125, 0.03, 0.05, 0.7];
        var results = new List<T[]>();
        foreach (string kind in (string[])["reference", "simd"])
        {
            using IBackend<T> backend = OptimizerHarness<T>.Backend(kind);
            var planes = new Slice[2 + optimizer.SlotCount];
            for (int p = 0; p < planes.Length; p++)
            {
                // One element off the cache line, with a guard behind.
                planes[p] = backend.Allocate(length + 2).Part(1, length);
                T[] numbers = [.. Numbers(length, 10 + p).Select(x => T.CreateTruncating(p >= 2 ? Math.Abs(x) : x))];
                if (p == 1 && length > 40) (numbers[3], numbers[17], numbers[^1]) = (T.NaN, T.PositiveInfinity, T.Zero);
                if (p >= 2 && length > 40) (numbers[5 + p], numbers[^p]) = (T.NaN, T.PositiveInfinity); // one slot at a time
                backend.Write(numbers, planes[p]);
            }
            for (int step = 0; step < 2; step++) backend.Run(KernelId.Of(Kernels[index]), new KernelArgs(planes, default, constants));
            foreach (Slice plane in planes)
            {
                var values = new T[length + 2];
                backend.Read(new Slice(plane.Block, 0, length + 2), values);
                Assert.True(values[0] == T.Zero && values[^1] == T.Zero, $"{Kernels[index]}, {kind}: wrote outside a plane of {length}.");
                results.Add(values);
            }
        }
        int count = results.Count / 2;
        for (int p = 0; p < count; p++)
            for (int i = 0; i < length + 2; i++)
                if (!results[p][i].Equals(results[count + p][i]))
                    Assert.Fail($"{Kernels[index]}, {typeof(T).Name}, length {length}, plane {p}, element {i - 1}: {results[p][i]} and {results[count + p][i]}");
    }

    private static void Gaps<T>(string recipe, string backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var h = new OptimizerHarness<T>(OptimizerHarness<T>.Backend(backend), Create<T>(recipe), [("a", 3, 2, Numbers(6, 1), 1, true), ("b", 1, 4, Numbers(4, 2), 0.5, false)]);
        for (int step = 0; step < 4; step++) StepWithOwnGradient(h, step);
        bool[] used = new bool[h.Store.Values.Length];
        foreach (Var v in h.Vars) used.AsSpan(v.Offset, v.Length).Fill(true);
        Assert.Equal(22, used.Count(u => !u));
        for (int plane = -1; plane < h.Store.SlotCount; plane++)
        {
            T[] values = h.Plane(plane < 0 ? h.Store.Values : h.Store.Slot(plane));
            for (int i = 0; i < values.Length; i++)
            {
                // Adagrad keeps its start value out of the gaps; Adamax's u is at least eps by its equation, in a gap as well.
                T gap = plane == 1 && h.Optimizer is Adamax<T> adamax ? T.CreateTruncating(adamax.Eps) : T.Zero;
                if (!used[i]) Assert.True(values[i] == gap, $"plane {plane}, gap element {i} is {values[i]}");
                else Assert.True(values[i] != T.Zero, $"plane {plane}, element {i} was not touched");
            }
        }
    }

    private static void StepWithOwnGradient<T>(OptimizerHarness<T> h, int step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int p = 0; p < h.Vars.Length; p++) h.SetGradient(p, Numbers(h.Vars[p].Length, 100 + 10 * step + p));
        h.Optimizer.Step(h.Store, 0.05);
    }

    private static OptimizerHarness<T> New<T>(string recipe, (string, int, int, double[], double, bool)[] parameters) where T : unmanaged, IFloatingPointIeee754<T>
        => new(new SimdBackend<T>(1), Create<T>(recipe), parameters);

    private static IOptimizer<T> Create<T>(string recipe) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using JsonDocument json = JsonDocument.Parse(recipe);
        return OptimizerFactory.Create<T>(json.RootElement);
    }

    private static string Config<T>(IOptimizer<T> optimizer) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) optimizer.WriteConfig(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static double[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        var numbers = new double[count];
        for (int i = 0; i < count; i++) numbers[i] = 4 * random.NextDouble() - 2;
        return numbers;
    }

    /// <summary>Stands in where only the sweep's constants are wanted.</summary>
    private readonly struct NoRule : IPlaneRule<NoRule, float>
    {
        public static int Slots => 0;

        public static void Apply<TLane>(in NoRule rule, TLane gradient, ref TLane value, ref TLane slot0, ref TLane slot1, ref TLane slot2)
            where TLane : struct, ILane<TLane, float>
        {
        }
    }
}
