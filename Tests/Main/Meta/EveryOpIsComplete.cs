using NativeFlow.Engine;
using Xunit;

namespace NativeFlow.Tests;

public sealed class EveryOpIsComplete
{
    [Fact]
    public void HasCasesRefusalsAndAPage()
    {
        var missing = new List<string>();
        IReadOnlyList<Op<double>> ops = OpRegistry.All<double>();
        HashSet<string> cases = [.. OpCases.All<double>().Select(c => c.Op)], refused = [.. OpCases.Refused<double>().Select(c => c.Op)];
        string docs = Path.Combine(Repository.Root, "docs", "ops");
        foreach (Op<double> op in ops)
        {
            if (!cases.Contains(op.Name)) missing.Add($"{op.Name}: no case in OpCases.All");
            if (!refused.Contains(op.Name) && !OpCases.TakesAnyShape(op)) missing.Add($"{op.Name}: no misfit in OpCases.Refused");
            if (!File.Exists(Path.Combine(docs, op.Page + ".md"))) missing.Add($"{op.Name}: no page docs/ops/{op.Page}.md");
            if (op.Formula.Length == 0) missing.Add($"{op.Name}: no formula");
        }
        foreach (string name in cases.Except(ops.Select(o => o.Name))) missing.Add($"{name}: has a case but is not in OpRegistry");
        Assert.Empty(missing);
    }

    [Fact]
    public void NamesAreTheirOwn()
    {
        string[] names = [.. OpRegistry.All<float>().Select(o => o.Name)];
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public void EveryPageBelongsToAnOp()
    {
        HashSet<string> pages = [.. OpRegistry.All<double>().Select(o => o.Page)];
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "docs", "ops"), "*.md"))
            if (Path.GetFileName(file) != "README.md") Assert.Contains(Path.GetFileNameWithoutExtension(file), pages);
    }

    [Fact]
    public void CasesPutTheirOpOnTheTape()
    {
        using var backend = new NativeFlow.Kernels.ReferenceBackend<double>();
        var wrong = new List<string>();
        foreach (OpCase<double> c in OpCases.All<double>())
        {
            using var run = new OpRun<double>(c, backend, [.. c.Inputs.Select(i => i.Draw(new Random(1)))]);
            run.Record();
            string last = run.Tape.Node(run.Tape.Count - 1).Op.Name;
            if (last != c.Op) wrong.Add($"{c}: the last node is {last}");
        }
        Assert.Empty(wrong);
    }
}
