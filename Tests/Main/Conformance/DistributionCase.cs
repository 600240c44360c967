using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>One distribution of one or two features to be put through <see cref="DistributionConformanceChecks"/>.</summary>
/// <param name="Name">For the test's name.</param>
/// <param name="Recipe">JSON entry, <c>kind</c> included.</param>
/// <param name="Extreme">Values at which log-density and gradients must stay finite.</param>
public sealed record DistributionCase(string Name, string Recipe, double[] Extreme)
{
    private static readonly double[] Far = [-1000, 1000, 0];

    /// <summary>Every case; a kind without one of each width fails the completeness test.</summary>
    public static IReadOnlyList<DistributionCase> All { get; } =
    [
        new("cauchy-1", """{"kind":"cauchy","dimension":1,"loc":[0.4],"log_scale":[-0.3]}""", Far),
        new("cauchy-2", """{"kind":"cauchy","dimension":2,"loc":[0.4,-1],"log_scale":[-0.3,0.2]}""", Far),
        new("diagonal-gaussian-mixture-1", """{"kind":"diagonal-gaussian-mixture","dimension":1,"components":3,"loc":[-2,0.5,1],"log_scale":[-0.7,0.1,-0.2],"logits":[0.3,-1,0.5]}""", Far),
        new("diagonal-gaussian-mixture-2", """{"kind":"diagonal-gaussian-mixture","dimension":2,"components":3,"seed":4,"log_scale":[-0.3,0,0.2,-0.5,0.1,-0.2],"logits":[0.3,-1,0.5]}""", Far),
        new("diagonal-normal-1", """{"kind":"diagonal-normal","dimension":1,"loc":[0.4],"log_scale":[-0.3]}""", Far),
        new("diagonal-normal-2", """{"kind":"diagonal-normal","dimension":2,"loc":[0.4,-1],"log_scale":[-0.3,0.2]}""", Far),
        new("full-gaussian-mixture-1", """{"kind":"full-gaussian-mixture","dimension":1,"components":2,"loc":[-1,1.5],"scale_tril":[0.5,-0.8],"logits":[0.2,-0.4]}""", Far),
        new("full-gaussian-mixture-2", """{"kind":"full-gaussian-mixture","dimension":2,"components":2,"seed":8,"scale_tril":[0.7,9,0.6,0.9,1.2,0,-0.8,0.6],"logits":[0.2,-0.4]}""", Far),
        new("full-normal-covariance-1", """{"kind":"full-normal-covariance","dimension":1,"loc":[0.4],"covariance":[0.7]}""", Far),
        new("full-normal-covariance-2", """{"kind":"full-normal-covariance","dimension":2,"loc":[0.4,-1],"covariance":[0.8,-0.5,-0.5,1.1]}""", Far),
        new("full-normal-scale-tril-1", """{"kind":"full-normal-scale-tril","dimension":1,"loc":[0.4],"scale_tril":[-0.6]}""", Far),
        new("full-normal-scale-tril-2", """{"kind":"full-normal-scale-tril","dimension":2,"loc":[0.4,-1],"scale_tril":[0.8,7,-0.9,0.7]}""", Far),
        // Below -700 scales a Gumbel log-density overflows in truth.
        new("gumbel-1", """{"kind":"gumbel","dimension":1,"loc":[0.4],"log_scale":[-0.3]}""", [-100, 1000, 0]),
        new("gumbel-2", """{"kind":"gumbel","dimension":2,"loc":[0.4,-1],"log_scale":[-0.3,0.2]}""", [-100, 1000, 0]),
        new("laplace-1", """{"kind":"laplace","dimension":1,"loc":[0.4],"log_scale":[-0.3]}""", [-1000, 1000, 0, 0.4]),
        new("laplace-2", """{"kind":"laplace","dimension":2,"loc":[0.4,-1],"log_scale":[-0.3,0.2]}""", [-1000, 1000, 0, 0.4]),
        new("logistic-1", """{"kind":"logistic","dimension":1,"loc":[0.4],"log_scale":[-0.3]}""", Far),
        new("logistic-2", """{"kind":"logistic","dimension":2,"loc":[0.4,-1],"log_scale":[-0.3,0.2]}""", Far),
        new("logistic-mixture-1", """{"kind":"logistic-mixture","dimension":1,"components":3,"loc":[-2,0.5,1],"log_scale":[-0.9,0.1,-0.7],"logits":[0.3,-1,0.5]}""", Far),
        new("logistic-mixture-2", """{"kind":"logistic-mixture","dimension":2,"components":2,"seed":5,"log_scale":[-0.9,0.1,-0.7,-0.2],"logits":[0.3,-1,0.5,0.1]}""", Far),
        new("riemannian-normal-1", """{"kind":"riemannian-normal","dimension":1,"loc":[0.4],"log_scale":[-0.3],"radius":2}""", Far),
        new("riemannian-normal-2", """{"kind":"riemannian-normal","dimension":2,"loc":[0.4,-1],"log_scale":[-0.3],"radius":0.7,"learn_radius":true}""", Far),
        new("standard-normal-1", """{"kind":"standard-normal","dimension":1}""", Far),
        new("standard-normal-2", """{"kind":"standard-normal","dimension":2}""", Far),
        new("student-t-1", """{"kind":"student-t","dimension":1,"loc":[0.4],"log_scale":[-0.3],"log_df":[0]}""", Far),
        new("student-t-2", """{"kind":"student-t","dimension":2,"loc":[0.4,-1],"log_scale":[-0.3,0.2],"log_df":[0.6,4]}""", Far),
        new("student-t-nearly-normal", """{"kind":"student-t","dimension":1,"log_df":[12]}""", Far),
        new("wrapped-normal-1", """{"kind":"wrapped-normal","dimension":1,"loc":[0.4],"log_scale":[-0.3],"radius":2}""", Far),
        new("wrapped-normal-2", """{"kind":"wrapped-normal","dimension":2,"loc":[0.4,-1],"log_scale":[-0.3,0.2],"learn_radius":true}""", Far),
        new("wrapped-normal-mixture-1", """{"kind":"wrapped-normal-mixture","dimension":1,"components":2,"loc":[-1,1.5],"logits":[0.2,-0.4]}""", Far),
        new("wrapped-normal-mixture-2", """{"kind":"wrapped-normal-mixture","dimension":2,"components":3,"seed":4,"log_scale":[-0.3,0,0.2,-0.5,0.1,-0.2],"logits":[0.3,-1,0.5],"radius":2}""", Far),
        new("wrapped-normal-spatial", """{"kind":"wrapped-normal","dimension":2,"loc":[0.7,0.2],"log_scale":[-0.9,0],"radius":0.5,"coordinates":"spatial"}""", Far),
    ];

    /// <summary>The recipe's kind.</summary>
    public string Kind => JsonDocument.Parse(Recipe).RootElement.GetProperty("kind").GetString()!;

    /// <summary>The recipe's dimension.</summary>
    public int Dimension => JsonDocument.Parse(Recipe).RootElement.GetProperty("dimension").GetInt32();

    /// <summary>Makes the distribution, attached to a built store.</summary>
    public (IDistribution<T> Distribution, ParameterStore<T> Store) Make<T>(IBackend<T> backend, string? recipe = null) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        IDistribution<T> distribution = DistributionRegistry.Create<T>(JsonDocument.Parse(recipe ?? Recipe).RootElement);
        var store = new ParameterStore<T>(backend);
        distribution.Attach(store, "base");
        store.Build();
        return (distribution, store);
    }
}
