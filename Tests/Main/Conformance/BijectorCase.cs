using System.Globalization;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>One bijector to be put through <see cref="BijectorChecks"/>: a recipe entry and the inputs that make sense for it.</summary>
/// <param name="Name">For the test's name.</param>
/// <param name="Recipe">JSON entry, <c>kind</c> included.</param>
/// <param name="Low">Ordinary inputs lie in [Low, High].</param>
/// <param name="High">See <paramref name="Low"/>.</param>
/// <param name="Extreme">Values at which everything must stay finite.</param>
/// <param name="Noise">Size of the random numbers added to every parameter, so that nothing is tested at the identity.</param>
/// <param name="ExtremeOut">Values at which the inverse must stay finite; null where it is defined everywhere, and -1000, 1000 and 0 are taken.</param>
public sealed record BijectorCase(string Name, string Recipe, double Low, double High, double[] Extreme, double Noise = 0.4, double[]? ExtremeOut = null)
{
    /// <summary>Every case; a kind without one fails the completeness test.</summary>
    public static IReadOnlyList<BijectorCase> All { get; } =
    [
        new("actnorm", """{"kind":"actnorm","channels":5}""", -3, 3, [-1000, 1000, 0]),
        new("actnorm-center-first", """{"kind":"actnorm","channels":3,"pixels":3,"center_first":true}""", -3, 3, [-1000, 1000, 0]),
        new("actnorm-images", """{"kind":"actnorm","channels":3,"pixels":4}""", -3, 3, [-1000, 1000, 0]),
        new("affine", """{"kind":"affine","scale":[0.5,-2,3,0.1,-0.7],"shift":[1,2,-3,0.25,0]}""", -3, 3, [-1000, 1000, 0]),
        new("autoregressive-affine", """{"kind":"autoregressive","dimension":4,"transformer":{"kind":"affine","scale":"softplus"},"conditioner":{"kind":"made","hidden":[7,5],"activation":"tanh"}}""", -2, 2, [-1000, 1000, 0], 0.2),
        new("autoregressive-conv", """{"kind":"autoregressive-conv","channels":2,"height":3,"width":2}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("autoregressive-conv-one", """{"kind":"autoregressive-conv","channels":1,"height":1,"width":5,"kernel":3,"no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("autoregressive-conv-pixel", """{"kind":"autoregressive-conv","channels":3,"height":2,"width":2,"kernel":1}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("autoregressive-ddsf", """{"kind":"autoregressive","dimension":2,"transformer":{"kind":"ddsf","layers":2,"units":3},"conditioner":{"kind":"made","hidden":[3],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("autoregressive-dsf", """{"kind":"autoregressive","dimension":3,"transformer":{"kind":"dsf","units":4},"conditioner":{"kind":"made","hidden":[6],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("autoregressive-iaf", """{"kind":"autoregressive","dimension":3,"direction":"iaf","order":[1,2,0],"transformer":{"kind":"affine","scale":"soft-clip"},"conditioner":{"kind":"made","hidden":[6,6],"activation":"silu","residual":true}}""", -2, 2, [-1000, 1000, 0], 0.2),
        new("autoregressive-monotone-mlp", """{"kind":"autoregressive","dimension":2,"transformer":{"kind":"monotone-mlp","embedding":2,"hidden":[4,3]},"conditioner":{"kind":"made","hidden":[4],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("autoregressive-rational-quadratic", """{"kind":"autoregressive","dimension":3,"transformer":{"kind":"rational-quadratic","bins":4},"conditioner":{"kind":"made","hidden":[6],"activation":"elu","random_degrees":true}}""", -2.9, 2.9, [-1000, 1000, -3, 3, 0]),
        new("autoregressive-umnn", """{"kind":"autoregressive","dimension":2,"transformer":{"kind":"umnn","embedding":2,"hidden":[4],"activation":"tanh"},"conditioner":{"kind":"made","hidden":[4],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("batchnorm", """{"kind":"batchnorm","channels":5,"eps":0.01,"momentum":0.2}""", -3, 3, [-1000, 1000, 0]),
        new("batchnorm-images", """{"kind":"batchnorm","channels":3,"pixels":4}""", -3, 3, [-1000, 1000, 0]),
        new("bnaf", """{"kind":"bnaf","dimension":3,"hidden_per_dim":3,"layers":2}""", -3, 3, [-1000, 1000, 0]),
        new("bnaf-normal", """{"kind":"bnaf","dimension":2,"hidden_per_dim":2,"layers":3,"residual":"normal"}""", -3, 3, [-1000, 1000, 0]),
        new("bounded-linear", """{"kind":"bounded-linear","dimension":5,"reflections":3}""", -3, 3, [-1000, 1000, 0]),
        new("bounded-linear-full", """{"kind":"bounded-linear","dimension":4,"log_bound":0.5,"no_bias":true}""", -3, 3, [-1000, 1000, 0]),
        new("cauchy-cdf", """{"kind":"cauchy-cdf","dimension":7}""", -4, 4, [-1000, 1000, 0, 1e100], ExtremeOut: [1e-100, 1 - 1e-15, 0.5]),
        new("circulant", """{"kind":"circulant","dimension":6}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("circulant-odd", """{"kind":"circulant","dimension":5,"no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("circulant-one", """{"kind":"circulant","dimension":1}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("circular-spline", """{"kind":"circular-spline","dimension":3,"bins":5}""", -3.1, 3.1, [-3.141592653589793, 3.141592653589793, 0], ExtremeOut: [-3.141592653589793, 3.141592653589793, 0]),
        new("cnf", """{"kind":"cnf","dimension":2,"hidden":[4]}""", -3, 3, [-1000, 1000, 0]),
        new("cnf-ignore-dopri5", """{"kind":"cnf","dimension":3,"hidden":[3],"activation":"softplus","time":"ignore","horizon":0.5,"solver":{"name":"dopri5"},"trace":"hutchinson"}""", -3, 3, [-1000, 1000, 0]),
        new("cnf-sphere", """{"kind":"cnf","dimension":2,"hidden":[3],"horizon":0.5,"solver":{"name":"rk4","steps":2},"trace":"hutchinson","probe":"sphere"}""", -3, 3, [-1000, 1000, 0]),
        new("cnf-squash-adjoint", """{"kind":"cnf","dimension":1,"hidden":[3],"activation":"silu","time":"squash","solver":{"name":"midpoint","steps":3},"gradient":"adjoint","kinetic":0.1}""", -3, 3, [-1000, 1000, 0]),
        new("conv-exponential", """{"kind":"conv-exponential","channels":2,"height":3,"width":4}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("conv-exponential-circular", """{"kind":"conv-exponential","channels":2,"height":2,"width":3,"kernel":5,"circular":true}""", -3, 3, [-1000, 1000, 0], 0.1),
        new("conv-exponential-one-pixel", """{"kind":"conv-exponential","channels":3,"height":1,"width":1}""", -3, 3, [-1000, 1000, 0]),
        new("conv1x1", """{"kind":"conv1x1","channels":3,"height":2,"width":3}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("conv1x1-householder", """{"kind":"conv1x1","channels":4,"height":1,"width":3,"form":"householder","reflections":2}""", -3, 3, [-1000, 1000, 0]),
        new("conv1x1-one", """{"kind":"conv1x1","channels":1,"height":2,"width":2,"form":"plu","no_bias":true}""", -3, 3, [-1000, 1000, 0]),
        new("conv1x1-perm-lu", """{"kind":"conv1x1","channels":4,"height":3,"width":1,"form":"perm-lu","eps":0.01}""", -3, 3, [-1000, 1000, 0]),
        new("conv1x1-plu", """{"kind":"conv1x1","channels":4,"height":2,"width":2,"form":"plu"}""", -3, 3, [-1000, 1000, 0]),
        new("conv2d", """{"kind":"conv2d","channels":2,"height":3,"width":4}""", -3, 3, [-1000, 1000, 0], 0.15),
        new("conv2d-1x1", """{"kind":"conv2d","channels":3,"height":2,"width":2,"kernel":1}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("conv2d-1x1-circular", """{"kind":"conv2d","channels":2,"height":2,"width":3,"kernel":1,"padding":"circular","no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("conv2d-5x5", """{"kind":"conv2d","channels":1,"height":5,"width":3,"kernel":5,"no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.05),
        new("conv2d-circular", """{"kind":"conv2d","channels":2,"height":3,"width":4,"padding":"circular"}""", -3, 3, [-1000, 1000, 0], 0.1),
        new("conv2d-circular-5x5", """{"kind":"conv2d","channels":1,"height":5,"width":6,"kernel":5,"padding":"circular"}""", -3, 3, [-1000, 1000, 0], 0.05),
        new("conv2d-dense", """{"kind":"conv2d","channels":1,"height":4,"width":3,"strategy":{"name":"exact-lu"}}""", -3, 3, [-1000, 1000, 0], 0.1),
        new("coupling-additive", """{"kind":"coupling","mask":[0,1,1,0,1],"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp","hidden":[7],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine", """{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine"},"conditioner":{"kind":"mlp","hidden":[8,6],"activation":"tanh"}}""", -2, 2, [-1000, 1000, 0], 0.2),
        new("coupling-affine-cap", """{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine","scale":"softplus","cap":1.5},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-clamp-atan", """{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine","scale":"clamp-atan","clamp":1.9},"conditioner":{"kind":"mlp","hidden":[5],"activation":"softplus"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-half-sigmoid", """{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine","scale":"half-sigmoid"},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-learned-tanh", """{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine","scale":"learned-tanh"},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-reciprocal", """{"kind":"coupling","mask":[0,1,0,1],"transformer":{"kind":"affine","scale":"reciprocal-sigmoid"},"conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-sigmoid", """{"kind":"coupling","mask":[0,0,1],"transformer":{"kind":"affine","scale":"sigmoid"},"conditioner":{"kind":"mlp","hidden":[5],"activation":"elu"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-soft-clip", """{"kind":"coupling","mask":[1,0,0,1],"transformer":{"kind":"affine","scale":"soft-clip"},"conditioner":{"kind":"mlp","hidden":[6],"activation":"silu"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-softplus", """{"kind":"coupling","mask":[0,0,1],"transformer":{"kind":"affine","scale":"softplus"},"conditioner":{"kind":"mlp","hidden":[],"activation":"elu"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-tanh", """{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine","scale":"tanh","clamp":1.5},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-affine-volume", """{"kind":"coupling","mask":[0,1,1,0,1],"transformer":{"kind":"affine","scale":"clamp-tanh","clamp":2,"volume_preserving":true},"conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-bernstein", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"bernstein","parameters":5},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -6, 6, [-1000, 1000, -5, 5, 0], 0.3),
        new("coupling-bernstein-bounded", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"bernstein-bounded","parameters":4,"bound":3},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3.5, 3.5, [-1000, 1000, -3, 3, 0], 0.3),
        new("coupling-bounded", """{"kind":"coupling","mask":[1,0,0,1],"transformer":{"kind":"affine","scale":"tanh"},"conditioner":{"kind":"mlp","hidden":[6,5],"activation":"tanh","spectral_norm":0.7}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-circular-spline", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"circular-spline","bins":4},"conditioner":{"kind":"angle-features","network":{"kind":"mlp","hidden":[5],"activation":"tanh"}}}""", -3.1, 3.1, [-3.141592653589793, 3.141592653589793, 0], 0.3, [-3.141592653589793, 3.141592653589793, 0]),
        new("coupling-circular-spline-mixed", """{"kind":"coupling","mask":[0,0,0,1],"transformer":{"kind":"circular-spline","bins":1},"conditioner":{"kind":"angle-features","angles":[1,0,1],"network":{"kind":"mlp","hidden":[5],"activation":"tanh"}}}""", -3.1, 3.1, [-3.141592653589793, 3.141592653589793, 0], 0.3, [-3.141592653589793, 3.141592653589793, 0]),
        new("coupling-conv-net", """{"kind":"coupling","channels":3,"height":2,"width":3,"split":"channel","transformer":{"kind":"affine","scale":"clamp-tanh","clamp":1},"conditioner":{"kind":"conv-net","channels":2,"height":2,"width":3,"hidden":4,"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("coupling-conv-net-checkerboard", """{"kind":"coupling","channels":1,"height":3,"width":4,"split":"checkerboard_inv","transformer":{"kind":"affine","scale":"reciprocal-sigmoid"},"conditioner":{"kind":"conv-net","channels":1,"height":3,"width":2,"hidden":3,"activation":"tanh","log_scale_factor":2}}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("coupling-conv-net-spline", """{"kind":"coupling","channels":3,"height":2,"width":2,"split":[0,2],"transformer":{"kind":"rational-quadratic","bins":3},"conditioner":{"kind":"conv-net","channels":1,"height":2,"width":2,"hidden":3,"activation":"elu","kernel":1}}""", -2.9, 2.9, [-1000, 1000, -3, 3, 0], 0.3),
        new("coupling-cubic-spline", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"cubic-spline","bins":4},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3.2, 3.2, [-1000, 1000, -3, 3, 0], 0.3),
        new("coupling-cubic-spline-box", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"cubic-spline","bins":5,"tails":"none"},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", 0.02, 0.98, [0, 1, 0.5], 0.3, [0, 1, 0.5]),
        new("coupling-ddsf", """{"kind":"coupling","mask":[0,1],"transformer":{"kind":"ddsf","layers":2,"units":3},"conditioner":{"kind":"mlp","hidden":[3],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-dsf", """{"kind":"coupling","mask":[0,1],"transformer":{"kind":"dsf","units":4},"conditioner":{"kind":"mlp","hidden":[3],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-gaussianization", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"gaussianization","components":4},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -2, 2, [-1000, 1000, 0], 0.3, [-4.8, 4.8, 0]),
        new("coupling-image-split-mlp", """{"kind":"coupling","channels":3,"height":1,"width":2,"split":"channel_inv","transformer":{"kind":"additive"},"conditioner":{"kind":"mlp","hidden":[4],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-linear-spline", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"linear-spline","bins":4},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3.2, 3.2, [-1000, 1000, -3, 3, 0], 0.3),
        new("coupling-linear-spline-box", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"linear-spline","bins":5,"tails":"none"},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", 0.02, 0.98, [0, 1, 0.5], 0.3, [0, 1, 0.5]),
        new("coupling-logistic-mixture-cdf", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"logistic-mixture-cdf","components":3},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -2, 2, [-1000, 1000, 0], 0.3, [1e-300, 0.999999999999, 0.5]),
        new("coupling-mixture-logistic", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"mixture-logistic","components":3},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("coupling-monotone-mlp", """{"kind":"coupling","mask":[0,1],"transformer":{"kind":"monotone-mlp","embedding":2,"hidden":[4,3]},"conditioner":{"kind":"mlp","hidden":[3],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-normal-mixture-cdf", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"normal-mixture-cdf","components":3},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -1.5, 1.5, [-1000, 1000, 0], 0.3, [1e-300, 0.999999999999, 0.5]),
        new("coupling-quadratic-spline", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"quadratic-spline","bins":4},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3.2, 3.2, [-1000, 1000, -3, 3, 0], 0.3),
        new("coupling-quadratic-spline-box", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"quadratic-spline","bins":3,"tails":"none","raw_factor":0.5},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", 0.02, 0.98, [0, 1, 0.5], 0.3, [0, 1, 0.5]),
        new("coupling-quadratic-spline-jump", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"quadratic-spline","bins":2,"tails":"linear","tail_bound":2},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -2.5, 2.5, [-1000, 1000, -2, 2, 0], 0.3),
        new("coupling-rational-quadratic", """{"kind":"coupling","mask":[1,0,1],"transformer":{"kind":"rational-quadratic","bins":4},"conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -2.9, 2.9, [-1000, 1000, -3, 3, 0]),
        new("coupling-rational-quadratic-bounded", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"rational-quadratic-bounded","bins":4,"left":-1,"right":2,"bottom":0,"top":5},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -0.9, 1.9, [-1, 2, 0], 0.3, [0, 5, 1]),
        new("coupling-rational-quadratic-soft-clip", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"rational-quadratic-soft-clip","bins":4,"tail_bound":2.5},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -2.7, 2.7, [-1000, 1000, -2.5, 2.5, 0], 0.3),
        new("coupling-residual-mlp", """{"kind":"coupling","mask":[0,1,0,1],"transformer":{"kind":"affine","scale":"sigmoid","least":0.01},"conditioner":{"kind":"residual-mlp","hidden":5,"blocks":2,"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("coupling-separate", """{"kind":"coupling","mask":[0,1,1],"transformer":{"kind":"affine","scale":"clamp-sigmoid","clamp":1},"conditioner":{"kind":"separate","networks":[{"kind":"mlp","hidden":[4],"activation":"tanh"},{"kind":"residual-mlp","hidden":3,"blocks":1,"activation":"tanh"}]}}""", -3, 3, [-1000, 1000, 0]),
        new("coupling-sum-of-squares", """{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"sum-of-squares","polynomials":2,"degree":3},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("coupling-umnn", """{"kind":"coupling","mask":[0,1],"transformer":{"kind":"umnn","embedding":2,"hidden":[4],"activation":"tanh"},"conditioner":{"kind":"mlp","hidden":[3],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("diagonal-low-rank", """{"kind":"diagonal-low-rank","dimension":6,"rank":2}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("diagonal-low-rank-no-bias", """{"kind":"diagonal-low-rank","dimension":3,"rank":3,"no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("elementwise-affine", """{"kind":"elementwise","dimension":4,"transformer":{"kind":"affine","scale":"softplus"}}""", -3, 3, [-1000, 1000, 0]),
        new("elementwise-bernstein", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"bernstein","parameters":5}}""", -6, 6, [-1000, 1000, -5, 5, 0]),
        new("elementwise-bernstein-bounded", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"bernstein-bounded","parameters":4,"bound":3}}""", -3.5, 3.5, [-1000, 1000, -3, 3, 0]),
        new("elementwise-circular-spline", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"circular-spline","bins":4}}""", -3.1, 3.1, [-3.141592653589793, 3.141592653589793, 0], ExtremeOut: [-3.141592653589793, 3.141592653589793, 0]),
        new("elementwise-cubic-spline", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"cubic-spline","bins":4}}""", -3.2, 3.2, [-1000, 1000, -3, 3, 0]),
        new("elementwise-cubic-spline-box", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"cubic-spline","bins":5,"tails":"none"}}""", 0.02, 0.98, [0, 1, 0.5], 0.4, [0, 1, 0.5]),
        new("elementwise-ddsf", """{"kind":"elementwise","dimension":2,"transformer":{"kind":"ddsf","layers":2,"units":3}}""", -3, 3, [-1000, 1000, 0]),
        new("elementwise-dsf", """{"kind":"elementwise","dimension":2,"transformer":{"kind":"dsf","units":4}}""", -3, 3, [-1000, 1000, 0]),
        new("elementwise-gaussianization", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"gaussianization","components":4}}""", -2, 2, [-1000, 1000, 0], 0.3, [-4.8, 4.8, 0]),
        new("elementwise-linear-spline", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"linear-spline","bins":4}}""", -3.2, 3.2, [-1000, 1000, -3, 3, 0]),
        new("elementwise-linear-spline-box", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"linear-spline","bins":5,"tails":"none"}}""", 0.02, 0.98, [0, 1, 0.5], 0.4, [0, 1, 0.5]),
        new("elementwise-logistic-mixture-cdf", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"logistic-mixture-cdf","components":3}}""", -2, 2, [-1000, 1000, 0], 0.3, [1e-300, 0.999999999999, 0.5]),
        new("elementwise-mixture-logistic", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"mixture-logistic","components":3}}""", -3, 3, [-1000, 1000, 0]),
        new("elementwise-monotone-mlp", """{"kind":"elementwise","dimension":2,"transformer":{"kind":"monotone-mlp","embedding":2,"hidden":[4,3]}}""", -3, 3, [-1000, 1000, 0]),
        new("elementwise-normal-mixture-cdf", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"normal-mixture-cdf","components":3}}""", -1.5, 1.5, [-1000, 1000, 0], 0.3, [1e-300, 0.999999999999, 0.5]),
        new("elementwise-quadratic-spline", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"quadratic-spline","bins":4}}""", -3.2, 3.2, [-1000, 1000, -3, 3, 0]),
        new("elementwise-quadratic-spline-box", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"quadratic-spline","bins":3,"tails":"none","raw_factor":0.5}}""", 0.02, 0.98, [0, 1, 0.5], 0.4, [0, 1, 0.5]),
        new("elementwise-quadratic-spline-jump", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"quadratic-spline","bins":2,"tails":"linear","tail_bound":2}}""", -2.5, 2.5, [-1000, 1000, -2, 2, 0]),
        new("elementwise-rational-quadratic", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"rational-quadratic","bins":5,"tail_bound":2}}""", -2, 2, [-1000, 1000, -2, 2, 0]),
        new("elementwise-rational-quadratic-bounded", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"rational-quadratic-bounded","bins":4,"left":-1,"right":2,"bottom":0,"top":5}}""", -0.9, 1.9, [-1, 2, 0], 0.4, [0, 5, 1]),
        new("elementwise-rational-quadratic-soft-clip", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"rational-quadratic-soft-clip","bins":4,"tail_bound":2.5}}""", -2.7, 2.7, [-1000, 1000, -2.5, 2.5, 0]),
        new("elementwise-sum-of-squares", """{"kind":"elementwise","dimension":3,"transformer":{"kind":"sum-of-squares","polynomials":2,"degree":3}}""", -3, 3, [-1000, 1000, 0]),
        new("elementwise-umnn", """{"kind":"elementwise","dimension":2,"transformer":{"kind":"umnn","embedding":2,"hidden":[3,3],"activation":"softplus","integrand":"elu","quadrature":"clenshaw-curtis"}}""", -3, 3, [-1000, 1000, 0]),
        new("emerging", """{"kind":"emerging","channels":2,"height":3,"width":2}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("emerging-one", """{"kind":"emerging","channels":1,"height":4,"width":1,"kernel":3}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("exp", """{"kind":"exp","dimension":6}""", -4, 3, [-1000, 700, 0], ExtremeOut: [1e-200, 1e300, 1]),
        new("free-form", """{"kind":"free-form","dimension":3,"hidden":[6],"activation":"tanh"}""", -3, 3, [-1000, 1000, 0], 0.1),
        new("free-form-silu", """{"kind":"free-form","dimension":2,"hidden":[5,4],"weight":10,"probes":2,"surrogate":"conditional"}""", -3, 3, [-1000, 1000, 0], 0.1),
        new("glow-coupling", """{"kind":"glow-coupling","channels":2,"height":3,"width":2,"hidden":4}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("haar-squeeze", """{"kind":"haar-squeeze","channels":2,"height":4,"width":2}""", -3, 3, [-1000, 1000, 0]),
        new("householder", """{"kind":"householder","dimension":5,"reflections":3}""", -3, 3, [-1000, 1000, 0]),
        new("householder-full", """{"kind":"householder","dimension":4,"reflections":6}""", -3, 3, [-1000, 1000, 0]),
        new("hyperbolic-chart", """{"kind":"hyperbolic-chart","dimension":3}""", -0.5, 0.5, [0.57, -0.57, 0]),
        new("hyperbolic-chart-one", """{"kind":"hyperbolic-chart","dimension":1,"radius":0.5}""", -0.45, 0.45, [0.4999999, -0.4999999, 0]),
        new("hyperbolic-chart-spatial", """{"kind":"hyperbolic-chart","dimension":3,"chart":"spatial","radius":2}""", -3, 3, [-1000, 1000, 0], ExtremeOut: [-400, 400, 0]),
        new("hyperbolic-chart-wide", """{"kind":"hyperbolic-chart","dimension":2,"radius":11}""", -7, 7, [7.7, -7.7, 0]),
        new("iaf-gated", """{"kind":"iaf-gated","dimension":4,"hidden":8,"activation":"tanh"}""", -3, 3, [-1000, 1000, 0]),
        new("iaf-gated-deep", """{"kind":"iaf-gated","dimension":3,"hidden":5,"layers":2,"activation":"softplus","forget_bias":2}""", -3, 3, [-1000, 1000, 0], 0.02),
        new("leaky-relu", """{"kind":"leaky-relu","dimension":7,"slope":0.2}""", -3, 3, [-1000, 1000, 0]),
        new("learnable-leaky-relu", """{"kind":"learnable-leaky-relu","dimension":7}""", -3, 3, [-1000, 1000, 0]),
        new("linear", """{"kind":"linear","dimension":6}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("linear-lu", """{"kind":"linear-lu","dimension":6}""", -3, 3, [-1000, 1000, 0]),
        new("linear-lu-one", """{"kind":"linear-lu","dimension":1,"eps":0.1,"no_bias":true}""", -3, 3, [-1000, 1000, 0]),
        new("linear-lu-packed", """{"kind":"linear-lu-packed","dimension":6}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("linear-no-bias", """{"kind":"linear","dimension":4,"no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("linear-qr", """{"kind":"linear-qr","dimension":6,"reflections":4}""", -3, 3, [-1000, 1000, 0]),
        new("linear-svd", """{"kind":"linear-svd","dimension":6,"reflections":3}""", -3, 3, [-1000, 1000, 0]),
        new("loft", """{"kind":"loft","dimension":5}""", -3, 3, [-1000, 1000, -100, 100, 0], ExtremeOut: [-120, 120, 0]),
        new("loft-small", """{"kind":"loft","dimension":6,"tau":0.5}""", -4, 4, [-1000, 1000, 0], ExtremeOut: [-20, 20, 0]),
        new("logit", """{"kind":"logit","dimension":6,"alpha":0.01}""", 0.05, 0.95, [0, 1, 0.5]),
        new("logit-open", """{"kind":"logit","dimension":3,"alpha":0}""", 0.1, 0.9, [1e-12, 1 - 1e-12, 0.5]),
        new("logit-pixels", """{"kind":"logit","dimension":5,"alpha":0.05,"low":-8,"high":256,"temperature":2}""", 1, 250, [-8, 256, 0]),
        new("matrix-exponential", """{"kind":"matrix-exponential","dimension":5}""", -3, 3, [-1000, 1000, 0]),
        new("multi-scale", """{"kind":"multi-scale","dimension":5,"levels":[{"layers":[{"kind":"actnorm","channels":5},{"kind":"smooth-leaky-relu","dimension":5,"alpha":0.3}],"leave":2},{"layers":[{"kind":"coupling","mask":[0,1,1],"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"mlp","hidden":[4],"activation":"tanh"}}]},{"layers":[{"kind":"actnorm","channels":1}]}]}""", -3, 3, [-1000, 1000, 0]),
        new("multi-scale-images", """{"kind":"multi-scale","dimension":16,"leaves":"last","levels":[{"layers":[{"kind":"squeeze","channels":1,"height":4,"width":4},{"kind":"actnorm","channels":4,"pixels":4},{"kind":"coupling","channels":4,"height":2,"width":2,"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"conv-net","channels":2,"height":2,"width":2,"hidden":3,"activation":"tanh"}}]},{"layers":[{"kind":"haar-squeeze","channels":2,"height":2,"width":2},{"kind":"actnorm","channels":8}],"leave":5},{"layers":[{"kind":"leaky-relu","dimension":3,"slope":0.5}]}]}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("nonlinear-squared", """{"kind":"nonlinear-squared","dimension":6}""", -3, 3, [-1000, 1000, 0], 0.6),
        new("permutation", """{"kind":"permutation","channels":7,"seed":3}""", -3, 3, [-1000, 1000, 0]),
        new("permutation-given", """{"kind":"permutation","order":[2,0,3,1]}""", -3, 3, [-1000, 1000, 0]),
        new("permutation-reverse", """{"kind":"permutation","channels":3,"pixels":2,"arrange":"reverse"}""", -3, 3, [-1000, 1000, 0]),
        new("planar", """{"kind":"planar","dimension":5}""", -3, 3, [-1000, 1000, 0]),
        new("planar-leaky", """{"kind":"planar","dimension":4,"activation":"leaky_relu","slope":0.2}""", -3, 3, [-1000, 1000, 0]),
        new("planar-one", """{"kind":"planar","dimension":1}""", -3, 3, [-1000, 1000, 0]),
        new("radial", """{"kind":"radial","dimension":5}""", -3, 3, [-1000, 1000, 0]),
        new("radial-one", """{"kind":"radial","dimension":1}""", -3, 3, [-1000, 1000, 0]),
        new("rational-quadratic-spline", """{"kind":"rational-quadratic-spline","dimension":5,"bins":6,"tail_bound":3}""", -2.9, 2.9, [-1000, 1000, -3, 3, 0, 3.0000001], 1),
        new("rational-quadratic-spline-identity", """{"kind":"rational-quadratic-spline","dimension":17,"bins":3,"tail_bound":2,"identity_init":true}""", -2.5, 2.5, [-1000, 1000, -2, 2, 0], 0.5),
        new("recomputed", """{"kind":"recomputed","layers":[{"kind":"actnorm","channels":4},{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}},{"kind":"linear","dimension":4},{"kind":"smooth-leaky-relu","dimension":4,"alpha":0.3},{"kind":"autoregressive","dimension":4,"transformer":{"kind":"affine","scale":"softplus"},"conditioner":{"kind":"made","hidden":[5],"activation":"tanh"}}]}""", -2, 2, [-1000, 1000, 0], 0.2),
        new("recomputed-output", """{"kind":"recomputed","from":"output","layers":[{"kind":"actnorm","channels":4},{"kind":"coupling","mask":[1,0,1,0],"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}},{"kind":"linear","dimension":4},{"kind":"leaky-relu","dimension":4,"slope":0.5},{"kind":"autoregressive","dimension":4,"transformer":{"kind":"affine","scale":"softplus"},"conditioner":{"kind":"made","hidden":[5],"activation":"tanh"}}]}""", -2, 2, [-1000, 1000, 0], 0.2),
        new("residual", """{"kind":"residual","dimension":3,"hidden":[5,4]}""", -3, 3, [-1000, 1000, 0]),
        new("residual-elu", """{"kind":"residual","dimension":4,"hidden":[6],"activation":"elu","lipschitz":0.97,"log_det":{"name":"truncated","terms":4}}""", -3, 3, [-1000, 1000, 0]),
        new("residual-orthonormal", """{"kind":"residual","dimension":3,"hidden":[4],"activation":"tanh","log_det":{"name":"truncated","terms":3,"probe":"orthonormal","probes":2}}""", -3, 3, [-1000, 1000, 0]),
        new("residual-sin", """{"kind":"residual","dimension":1,"hidden":[4],"activation":"sin","lipschitz":0.5,"log_det":{"name":"neumann","stop":0.6}}""", -3, 3, [-1000, 1000, 0]),
        new("residual-sketch", """{"kind":"residual","dimension":3,"hidden":[4],"activation":"tanh","log_det":{"name":"roulette","probe":"sphere","sketch":1}}""", -3, 3, [-1000, 1000, 0]),
        new("residual-softplus", """{"kind":"residual","dimension":2,"hidden":[4,4],"activation":"softplus","log_det":{"name":"roulette","probes":2,"probe":"gaussian"}}""", -3, 3, [-1000, 1000, 0]),
        new("residual-tanh", """{"kind":"residual","dimension":2,"hidden":[],"activation":"tanh"}""", -3, 3, [-1000, 1000, 0]),
        new("rotation", """{"kind":"rotation","dimension":5}""", -3, 3, [-1000, 1000, 0], 0.8),
        new("sigmoid", """{"kind":"sigmoid","dimension":6}""", -6, 6, [-1000, 1000, 0], ExtremeOut: [1e-200, 1 - 1e-16, 0.5]),
        new("sigmoid-pixels", """{"kind":"sigmoid","dimension":5,"temperature":2,"low":-8,"high":256}""", -3, 3, [-1000, 1000, 0], ExtremeOut: [-7.999999, 255.999999, 0]),
        new("smooth-leaky-relu", """{"kind":"smooth-leaky-relu","dimension":19,"alpha":0.3}""", -6, 6, [-1000, 1000, 0, -1e-8]),
        new("smooth-leaky-relu-steep", """{"kind":"smooth-leaky-relu","dimension":3,"alpha":0.01}""", -6, 6, [-1000, 1000, 0]),
        new("smooth-tanh", """{"kind":"smooth-tanh","dimension":19,"alpha":1.5,"beta":0.1}""", -4, 4, [-1000, 1000, 0, 1e-9]),
        new("smooth-tanh-flat", """{"kind":"smooth-tanh","dimension":3,"alpha":0.5,"beta":0.001}""", -6, 6, [-1000, 1000, 0]),
        new("sneaky-relu", """{"kind":"sneaky-relu","dimension":19,"slope":0.1}""", -6, 6, [-1000, 1000, 0, 1e300]),
        new("sneaky-relu-steep", """{"kind":"sneaky-relu","dimension":3,"slope":0.001}""", -6, 6, [-1000, 1000, 0]),
        new("softplus", """{"kind":"softplus","dimension":7}""", -5, 5, [-700, 1000, 0], ExtremeOut: [1e-200, 1000, 1]),
        new("softplus-inverse", """{"kind":"softplus","dimension":7,"inverse":true}""", 0.1, 6, [1e-200, 1000, 1], ExtremeOut: [-700, 1000, 0]),
        new("squeeze", """{"kind":"squeeze","channels":2,"height":2,"width":4}""", -3, 3, [-1000, 1000, 0]),
        new("squeeze-reverse", """{"kind":"squeeze","channels":9,"height":1,"width":2,"factor":3,"reverse":true}""", -3, 3, [-1000, 1000, 0]),
        new("sylvester", """{"kind":"sylvester","dimension":6,"rank":3,"reflections":2}""", -3, 3, [-1000, 1000, 0], 0.6),
        new("sylvester-full", """{"kind":"sylvester","dimension":4,"rank":4,"reflections":4}""", -3, 3, [-1000, 1000, 0], 0.6),
        new("sylvester-one", """{"kind":"sylvester","dimension":4,"rank":1,"reflections":1}""", -3, 3, [-1000, 1000, 0], 0.6),
        new("tangent-coupling", """{"kind":"tangent-coupling","mask":[0,1,0,1,0],"radius":2,"scale":"clamp-tanh","conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("tangent-coupling-odd", """{"kind":"tangent-coupling","mask":[1,0,1],"radius":0.5,"learn_radius":true,"scale":"half-sigmoid","conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -2, 2, [-1000, 1000, 0], 0.2),
        new("tanh", """{"kind":"tanh","dimension":7}""", -3, 3, [-1000, 1000, 0], ExtremeOut: [-1 + 1e-15, 1 - 1e-15, 0]),
        new("triangular", """{"kind":"triangular","dimension":6}""", -3, 3, [-1000, 1000, 0]),
        new("triangular-upper", """{"kind":"triangular","dimension":6,"upper":true,"no_bias":true}""", -3, 3, [-1000, 1000, 0]),
        new("two-sided-coupling", """{"kind":"two-sided-coupling","dimension":4,"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("two-sided-coupling-additive", """{"kind":"two-sided-coupling","dimension":5,"split":3,"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0]),
        new("two-sided-coupling-conv-net", """{"kind":"two-sided-coupling","dimension":8,"transformer":{"kind":"affine","scale":"clamp-tanh","clamp":1},"conditioner":{"kind":"conv-net","channels":1,"height":2,"width":2,"hidden":3,"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("woodbury", """{"kind":"woodbury","features":5,"rank":2}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("woodbury-rows", """{"kind":"woodbury","features":4,"rank":2,"rows":3}""", -3, 3, [-1000, 1000, 0], 0.3),
        new("wrapped-hyperboloid-coupling", """{"kind":"wrapped-hyperboloid-coupling","mask":[0,1,0,1,1],"radius":2,"scale":"clamp-tanh","conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("wrapped-hyperboloid-coupling-learned", """{"kind":"wrapped-hyperboloid-coupling","mask":[1,0,1],"radius":0.5,"learn_radius":true,"scale":"learned-tanh","conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", -1, 1, [-1000, 1000, 0], 0.2),
        new("wrapped-hyperboloid-coupling-line", """{"kind":"wrapped-hyperboloid-coupling","mask":[0,1],"radius":3,"scale":"clamp-tanh","conditioner":{"kind":"separate","networks":[{"kind":"mlp","hidden":[4],"activation":"tanh"},{"kind":"mlp","hidden":[4],"activation":"tanh"}]}}""", -3, 3, [-1000, 1000, 0], 0.2),
    ];

    /// <summary>The recipe's kind.</summary>
    public string Kind => Entry.GetProperty("kind").GetString()!;

    private JsonElement Entry => JsonDocument.Parse(Recipe).RootElement;

    /// <summary>Makes the bijector, attached to a built store with noise on every parameter.</summary>
    public (IBijector<T> Bijector, ParameterStore<T> Store) Make<T>(IBackend<T> backend, string? recipe = null)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        JsonElement entry = JsonDocument.Parse(recipe ?? Recipe).RootElement;
        IBijector<T> bijector = BijectorRegistry.Create<T>(entry.GetProperty("kind").GetString()!, entry);
        var store = new ParameterStore<T>(backend);
        bijector.Attach(store, "layer", 11);
        store.Build();
        var noise = new PhiloxNormals(5);
        foreach (ParameterStore<T>.Entry p in store.Parameters)
        {
            double[] values = Array.ConvertAll(store.Read(p.Var), v => double.CreateTruncating(v));
            for (int i = 0; i < values.Length; i++) values[i] += Noise * noise.Next();
            store.Write(p.Var, values);
        }
        return (bijector, store);
    }

    /// <summary>Ordinary inputs, [rows x dimension], from a seed.</summary>
    public double[] Inputs(int rows, int dimension, ulong seed)
    {
        var x = new double[rows * dimension];
        RandomFill.Uniform<double>(seed, 1, 0, x);
        for (int i = 0; i < x.Length; i++) x[i] = Low + ((High - Low) * x[i]);
        return x;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}");
}

/// <summary>Standard normal numbers, one after another.</summary>
public sealed class PhiloxNormals(ulong key)
{
    private readonly double[] _one = new double[1];
    private ulong _next;

    /// <summary>The next number.</summary>
    public double Next()
    {
        RandomFill.Gaussian<double>(key, 2, _next++, _one);
        return _one[0];
    }

    /// <summary>The next <paramref name="count"/> numbers.</summary>
    public double[] Take(int count) => Enumerable.Range(0, count).Select(_ => Next()).ToArray();
}
