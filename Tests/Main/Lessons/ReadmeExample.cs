using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The library example of README.md; the region is compared with the page.</summary>
public sealed class ReadmeExample
{
    [Fact]
    public void Trains_scores_samples_and_saves()
    {
        #region README.md
        DataSet digits = Optdigits.Load();
        using var flow = new Flow<float>([
            new Logit<float>(64, alpha: 0.01, low: 0, high: 17),
            new Linear<float>(64, SelfNormalizing<float>.ReconstructionOnly(weight: 1)),
            new SmoothLeakyRelu<float>(64, alpha: 0.3),
            new Linear<float>(64, SelfNormalizing<float>.ReconstructionOnly(weight: 1)),
        ], new StandardNormal<float>(64), seed: 1);
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { Schedule = LearningRateSchedule.Constant(5e-3) });
        trainer.Fit(digits.Train, digits.Validation);
        LikelihoodEvaluation test = LikelihoodEvaluation.Run(flow, digits.Test, draws: 3, key: 0);
        var image = new float[64];
        digits.Test.CopyRow<float>(0, image);
        float[] logProb = flow.LogProb(image);
        float[] samples = flow.Sample(count: 16, seed: 7, InverseKind.Learned);
        flow.Save("digits.safetensors");
        #endregion

        // A Gaussian with full covariance gives 2.295 bits per dimension on these rows.
        Assert.InRange(test.BitsPerDim, 1.5, 2.295);
        Assert.InRange(test.StandardError, 0.01, 2);
        Assert.True(float.IsFinite(Assert.Single(logProb)));
        Assert.Equal(16 * 64, samples.Length);
        // The logit's alpha leaves room for a hundredth of the range on either side.
        Assert.All(samples, v => Assert.InRange(v, -0.18f, 17.18f));
        using Flow<float> loaded = Flow<float>.Load("digits.safetensors");
        Assert.Equal(logProb, loaded.LogProb(image));
        File.Delete("digits.safetensors");
    }
}
