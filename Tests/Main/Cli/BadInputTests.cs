using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Whatever the user gets wrong ends in exit code 2, one line on standard error, and no output.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public BadInputTests()
    {
        CommandLine.PutRows(_temp, "rows.csv", 100, 3);
        _temp.Put("ragged.csv", "a,b\n1,2\n3\n4,5\n");
        _temp.Put("nan.csv", "a,b\n1,2\n3,nan\n4,5\n");
        _temp.Put("constant.csv", "a,b\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"{i},7\n")));
        _temp.Put("short.idx", [0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3]);
        _temp.Put("magic.npy", "\u0093NUMPX not an array");
        _temp.Put("broken.json", "{\"layers\": [");
        _temp.Put("list.json", "[1, 2]");
        _temp.Put("nolayers.json", "{}");
        _temp.Put("kind.json", "{\"layers\":[{\"kind\":\"teleport\",\"dimension\":64}]}");
        _temp.Put("property.json", "{\"layers\":[{\"kind\":\"linear\",\"dimension\":64,\"colour\":1}]}");
        _temp.Put("width.json", "{\"layers\":[{\"kind\":\"linear\",\"dimension\":5}]}");
        _temp.Put("twice.json", "{\"layers\":[],\"layers\":[]}");
        _temp.Put("nolinear.json", "{\"layers\":[{\"kind\":\"smooth-leaky-relu\",\"dimension\":64,\"alpha\":0.3}]}");
        _temp.Put("empty", "");
        _temp.Put("text.safetensors", "this is no model at all, only text of some length");
        var foreign = new TensorFileWriter();
        foreign.Add<float>("a", [2], [1, 2]);
        foreign.Write(_temp.At("foreign.safetensors"));
        var huge = new TensorFileWriter();
        huge.AddMetadata("recipe", "{\"version\":1,\"dtype\":\"float\",\"seed\":0,\"layers\":[{\"kind\":\"linear\",\"dimension\":30000}],\"base\":{\"kind\":\"standard-normal\",\"dimension\":30000}}");
        huge.AddMetadata("counters", "{}");
        huge.Write(_temp.At("huge.safetensors"));
        var newer = new TensorFileWriter();
        newer.AddMetadata("recipe", "{\"version\":99,\"dtype\":\"float\",\"seed\":0,\"layers\":[],\"base\":{}}");
        newer.Write(_temp.At("newer.safetensors"));
    }

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("train --frobnicate 3", "--frobnicate", "--lambda")]
    [InlineData("trian", "trian", "train")]
    [InlineData("", "command")]
    [InlineData("train extra", "extra")]
    [InlineData("train --lr", "--lr")]
    [InlineData("train --lr 1 --lr 2", "--lr")]
    [InlineData("train --lr fast", "--lr", "fast", "above 0")]
    [InlineData("train --lr NaN", "--lr", "NaN")]
    [InlineData("train --lr -1", "--lr", "-1")]
    [InlineData("train --epochs 0", "--epochs", "0")]
    [InlineData("train --epochs 1e3", "--epochs", "1e3")]
    [InlineData("train --batch 4000", "--batch 4000", "3441")]
    [InlineData("train --seed -1", "--seed", "-1")]
    [InlineData("train --threads 0", "--threads", "0")]
    [InlineData("train --dtype half", "--dtype", "half", "float, double")]
    [InlineData("train --strategy guess", "guess", "snf-published")]
    [InlineData("train --strategy exact-lu --lambda 2", "exact-lu", "lambda")]
    [InlineData("train --strategy relative --every 2", "relative")]
    [InlineData("train --strategy snf-published --probes 3", "snf-published", "probes")]
    [InlineData("train --lambda -1", "--lambda", "-1")]
    [InlineData("train --optimizer momentum", "momentum", "adam")]
    [InlineData("train --optimizer {\"name\":\"adam\",\"speed\":1}", "speed", "betas")]
    [InlineData("train --optimizer {oops", "--optimizer", "JSON")]
    [InlineData("train --schedule spiral", "--schedule", "spiral", "cosine")]
    [InlineData("train --schedule step:0", "--schedule", "0")]
    [InlineData("train --epochs 2 --batch 100 --warmup 99999", "--warmup 99999", "68 steps")]
    [InlineData("train --clip 0", "--clip", "0")]
    [InlineData("train --data nowhere", "nowhere", "optdigits")]
    [InlineData("train --data @ragged.csv", "ragged.csv", "3")]
    [InlineData("train --data @nan.csv", "nan.csv", "3")]
    [InlineData("train --data @short.idx", "short.idx")]
    [InlineData("train --data @magic.npy", "magic.npy")]
    [InlineData("train --data @empty", "empty")]
    [InlineData("train --data @", "train-images-idx3-ubyte")]
    [InlineData("train --data @rows.csv --columns 0,9", "9", "0 to 2")]
    [InlineData("train --data @rows.csv --split @nothing", "nothing")]
    [InlineData("train --data @constant.csv --standardize --batch 10", "--standardize", "column 1")]
    [InlineData("train --data @rows.csv --batch 20 --model @width.json", "width.json", "5", "3")]
    [InlineData("train --model nomodel", "nomodel", "snf-fc2")]
    [InlineData("train --model @broken.json", "broken.json", "line 1")]
    [InlineData("train --model @list.json", "list.json", "object")]
    [InlineData("train --model @nolayers.json", "nolayers.json", "layers")]
    [InlineData("train --model @kind.json", "teleport", "linear")]
    [InlineData("train --model @property.json", "colour")]
    [InlineData("train --model @twice.json", "twice.json")]
    [InlineData("train --model @width.json", "width.json", "5", "64")]
    [InlineData("train --model @nolinear.json --strategy exact-lu", "nolinear.json", "--strategy")]
    [InlineData("train --model @nolinear.json --lambda 2", "--lambda", "recipe")]
    [InlineData("train --out @empty", "empty", "folder")]
    [InlineData("evaluate", "evaluate")]
    [InlineData("evaluate @none.safetensors", "none.safetensors")]
    [InlineData("evaluate @text.safetensors", "text.safetensors")]
    [InlineData("evaluate @foreign.safetensors", "foreign.safetensors", "recipe")]
    [InlineData("evaluate @huge.safetensors", "huge.safetensors", "30000")]
    [InlineData("evaluate @newer.safetensors", "newer.safetensors", "99")]
    [InlineData("evaluate @empty", "empty")]
    [InlineData("info @text.safetensors", "text.safetensors")]
    [InlineData("score @foreign.safetensors", "--out")]
    [InlineData("sample @foreign.safetensors --out x.gif", "x.gif", ".png")]
    [InlineData("sample @foreign.safetensors --out x.png --count 0", "--count", "0")]
    [InlineData("sample @foreign.safetensors --out x.png --inverse both", "--inverse", "both")]
    public void OneLineAndExitCodeTwo(string line, params string[] fragments)
    {
        string[] args = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => a.StartsWith('@') ? _temp.At(a[1..]) : a)];
        string run = _temp.At("run");
        bool trains = args.Length > 0 && args[0] == "train" && !args.Contains("--out");
        CommandLine.RefuseInput(trains ? ["train", "--out", run, .. args[1..]] : args, fragments);
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public void ModelAndDataMustAgree()
    {
        string rows = _temp.At("rows.csv"), model = _temp.At("run/model.safetensors");
        CommandLine.Succeed("train", "--data", rows, "--batch", "20", "--epochs", "1", "--model", "linear", "--out", _temp.At("run"));
        CommandLine.RefuseInput(["evaluate", model], "3 features", "64 columns");
        CommandLine.RefuseInput(["score", model, "--data", rows, "--columns", "0,1", "--out", _temp.At("s.csv")], "3 features", "2 columns");
        CommandLine.RefuseInput(["sample", model, "--inverse", "learned", "--out", _temp.At("s.csv")], "exact-lu", "--inverse exact");
        CommandLine.RefuseInput(["sample", model, "--out", _temp.At("s.npy"), "--count", "2000000000"], "--count");
        CommandLine.RefuseInput(["score", model, "--data", rows, "--out", _temp.At("none/s.csv")], "none");
        Assert.False(File.Exists(_temp.At("s.csv")));
        byte[] bytes = File.ReadAllBytes(model);
        bytes[^1] ^= 4;
        File.WriteAllBytes(model, bytes);
        CommandLine.RefuseInput(["info", model], "model.safetensors");
        CommandLine.RefuseInput(["evaluate", model, "--data", rows], "model.safetensors");
    }

    [Fact]
    public void ValuesOutsideTheModelsDomainAreNamed()
    {
        CommandLine.Succeed("train", "--epochs", "1", "--out", _temp.At("digits"));
        _temp.Put("wide.csv", string.Concat(Enumerable.Range(0, 20).Select(r => string.Join(',', Enumerable.Range(0, 64).Select(c => r * 3)) + "\n")));
        CommandLine.RefuseInput(["score", _temp.At("digits/model.safetensors"), "--data", _temp.At("wide.csv"), "--out", _temp.At("s.csv")], "17");
        Assert.False(File.Exists(_temp.At("s.csv")));
    }
}
