using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Bad recipes of the elementwise, linear and planar layers name the kind and the property.</summary>
public sealed class ElementaryRecipeTests
{
    [Theory]
    [InlineData("batchnorm", """{"channels":3,"eps":0}""", "eps")]
    [InlineData("batchnorm", """{"channels":3,"momentum":1.5}""", "momentum")]
    [InlineData("batchnorm", """{"channels":100000,"pixels":100000}""", "pixels")]
    [InlineData("cauchy-cdf", """{"dimension":0}""", "dimension")]
    [InlineData("circulant", """{"dimension":100000}""", "dimension")]
    [InlineData("diagonal-low-rank", """{"dimension":4}""", "rank")]
    [InlineData("diagonal-low-rank", """{"dimension":400000,"rank":4000}""", "rank")]
    [InlineData("exp", """{"dimension":2,"slope":1}""", "slope")]
    [InlineData("householder", """{"dimension":4,"reflections":0}""", "reflections")]
    [InlineData("householder", """{"dimension":2,"reflections":100000}""", "reflections")]
    [InlineData("learnable-leaky-relu", """{}""", "dimension")]
    [InlineData("linear-lu", """{"dimension":4,"eps":1}""", "eps")]
    [InlineData("linear-lu", """{"dimension":100000}""", "dimension")]
    [InlineData("linear-lu-packed", """{"dimension":4,"no_bias":1}""", "no_bias")]
    [InlineData("linear-qr", """{"dimension":4}""", "reflections")]
    [InlineData("linear-svd", """{"dimension":4,"reflections":2,"eps":0}""", "eps")]
    [InlineData("matrix-exponential", """{"dimension":50000}""", "dimension")]
    [InlineData("nonlinear-squared", """{"dimension":-1}""", "dimension")]
    [InlineData("planar", """{"dimension":2,"activation":"relu"}""", "activation")]
    [InlineData("planar", """{"dimension":2,"slope":0}""", "slope")]
    [InlineData("radial", """{"dimension":2,"alpha":1}""", "alpha")]
    [InlineData("rotation", """{"dimension":2,"bias":true}""", "bias")]
    [InlineData("sigmoid", """{"dimension":2,"temperature":0}""", "temperature")]
    [InlineData("sigmoid", """{"dimension":2,"low":1}""", "low")]
    [InlineData("smooth-tanh", """{"dimension":2,"alpha":0}""", "alpha")]
    [InlineData("smooth-tanh", """{"dimension":2,"beta":-0.1}""", "beta")]
    [InlineData("sneaky-relu", """{"dimension":2,"slope":0}""", "slope")]
    [InlineData("sneaky-relu", """{"dimension":2,"slope":1.01}""", "slope")]
    [InlineData("softplus", """{"dimension":2,"inverse":"yes"}""", "inverse")]
    [InlineData("sylvester", """{"dimension":2,"rank":3,"reflections":1}""", "rank")]
    [InlineData("sylvester", """{"dimension":2,"rank":1}""", "reflections")]
    [InlineData("tanh", """{"dimension":1.5}""", "dimension")]
    [InlineData("triangular", """{"dimension":3,"lower":true}""", "lower")]
    [InlineData("woodbury", """{"features":3,"rank":0}""", "rank")]
    [InlineData("woodbury", """{"features":100000,"rank":1,"rows":100000}""", "rows")]
    public void BadRecipesNameKindAndProperty(string kind, string recipe, string property)
    {
        var error = Assert.Throws<BadInputException>(() => BijectorRegistry.Create<double>(kind, JsonDocument.Parse(recipe).RootElement));
        Assert.Contains(kind, error.Message, StringComparison.Ordinal);
        Assert.Contains(property, error.Message, StringComparison.Ordinal);
    }
}
