using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Latent-variable models as files: the same bits, and one clear line for whatever is wrong.</summary>
public sealed class LatentModelFileTests
{
    [Theory]
    [MemberData(nameof(LatentCase.Kinds), MemberType = typeof(LatentCase))]
    public void A_saved_model_comes_back_bit_for_bit(LatentModelKind kind)
    {
        using var folder = new TempFolder();
        using LatentModel<double> model = LatentCase.Moved<double>(LatentCase.Options(kind) with { LearnRadius = kind != LatentModelKind.Hvae, Variance = 0.7 });
        model.Space?.SetRadius(model.Store, 2.5);
        model.Save(folder.At("model"));
        using LatentModel<double> loaded = LatentModel<double>.Load(folder.At("model"));
        Assert.Equal(model.Options, loaded.Options);
        Assert.Equal(model.Radius, loaded.Radius);
        foreach (ParameterStore<double>.Entry e in model.Store.Parameters.Concat(model.Store.Buffers))
            Assert.Equal(model.Store.Read(e.Var), loaded.Store.Read(loaded.Store.Find(e.Name)));
        Table data = LatentCase.Data(20, 6);
        Assert.Equal(LatentEvaluation.LogMeanWeights(model, data, 3, 1), LatentEvaluation.LogMeanWeights(loaded, data, 3, 1));
        Assert.True(LatentModelFile.IsLatentModel(folder.At("model")));
        Assert.Equal(model.Options, LatentModelFile.OptionsOf(folder.At("model")));
        Assert.Equal("double", ModelFile.DtypeOf(folder.At("model")));
    }

    [Fact]
    public void A_damaged_file_is_refused_wherever_it_is_damaged()
    {
        using var folder = new TempFolder();
        using LatentModel<float> model = LatentCase.Moved<float>(LatentCase.Options(LatentModelKind.HvaeTc));
        model.Save(folder.At("model"));
        byte[] bytes = File.ReadAllBytes(folder.At("model"));
        for (int at = 0; at < bytes.Length; at += 211)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 0x10;
            File.WriteAllBytes(folder.At("changed"), changed);
            Refused(folder.At("changed"));
        }
        foreach (int length in (int[])[0, 7, 100, bytes.Length / 2, bytes.Length - 1])
        {
            File.WriteAllBytes(folder.At("cut"), bytes[..length]);
            Refused(folder.At("cut"));
        }
        Refused(folder.At("absent"));

        static void Refused(string path)
        {
            string message = Assert.Throws<BadInputException>(() => LatentModel<float>.Load(path)).Message;
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void Files_of_another_kind_are_refused()
    {
        using var folder = new TempFolder();
        using (var flow = new Flow<float>([new ActNorm<float>(3)], new StandardNormal<float>(3))) flow.Save(folder.At("flow"));
        Assert.False(LatentModelFile.IsLatentModel(folder.At("flow")));
        Assert.Contains("flow", Assert.Throws<BadInputException>(() => LatentModel<float>.Load(folder.At("flow"))).Message, StringComparison.Ordinal);
        using LatentModel<float> model = LatentCase.Moved<float>(LatentCase.Options(LatentModelKind.Vae));
        model.Save(folder.At("model"));
        Assert.Throws<BadInputException>(() => Flow<float>.Load(folder.At("model")));
        Assert.Contains("float", Assert.Throws<BadInputException>(() => LatentModel<double>.Load(folder.At("model"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2", "version")]
    [InlineData("\"latent\":4", "\"latent\":1", "2 or more")]
    [InlineData("\"radius\":1.3", "\"radius\":-1", "radius")]
    [InlineData("hvae-whc", "hvae-xyz", "model")]
    [InlineData("\"blocks\":2", "\"blocks\":2,\"knobs\":2", "knobs")]
    [InlineData("\"likelihood\":\"gaussian\"", "\"likelihood\":\"poisson\"", "likelihood")]
    public void A_recipe_that_makes_no_sense_is_refused(string old, string changed, string word)
    {
        string recipe = LatentModelFile.Recipe<float>(LatentCase.Options(LatentModelKind.HvaeWhc));
        Assert.Contains(old, recipe, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(recipe.Replace(old, changed, StringComparison.Ordinal));
        string message = Assert.Throws<BadInputException>(() => LatentModelFile.FromRecipe(json.RootElement)).Message;
        Assert.Contains(word, message, StringComparison.Ordinal);
        using JsonDocument same = JsonDocument.Parse(recipe);
        Assert.Equal(LatentCase.Options(LatentModelKind.HvaeWhc), LatentModelFile.FromRecipe(same.RootElement));
    }

    [Fact]
    public void A_recipe_that_claims_more_than_the_file_holds_takes_no_memory()
    {
        using var folder = new TempFolder();
        using LatentModel<float> model = LatentCase.Moved<float>(LatentCase.Options(LatentModelKind.Vae));
        var file = new TensorFileWriter();
        ModelFile.Add(file, LatentModelFile.Recipe<float>(model.Options with { Hidden = 1 << 29 }), model.Store);
        file.Write(folder.At("model"));
        Assert.Contains("holds only", Assert.Throws<BadInputException>(() => LatentModel<float>.Load(folder.At("model"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused()
    {
        using var folder = new TempFolder();
        using LatentRun run = new(LatentModelKind.Vae, 1), other = new(LatentModelKind.VaeNc, 1);
        Checkpoint.Save(run.Trainer, folder.At("run"), "{\"a\":1}");
        Assert.Equal("{\"a\":1}", Checkpoint.RunOf(folder.At("run")));
        Assert.Throws<BadInputException>(() => Checkpoint.Load(other.Trainer, folder.At("run")));
    }
}
