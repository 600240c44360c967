using System.Text.RegularExpressions;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What the pages show is what the tests run.</summary>
public sealed class DocsMatchTests
{
    [Fact]
    public void The_readme_example_is_the_tested_one()
    {
        string fence = Assert.Single(Repository.Fences(Repository.Text("README.md"), "csharp"));
        Assert.Equal(Repository.Region(Repository.Text("Tests", "Main", "Lessons", "ReadmeExample.cs"), "README.md"), fence);
        Assert.Equal(15, fence.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void The_readme_has_two_commands_and_the_script_runs_its_test_command()
    {
        string[] commands = Assert.Single(Repository.Fences(Repository.Text("README.md"), "")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, commands.Length);
        Assert.Equal("dotnet run -c Release --project Bench/Cli -- train", commands[0]);
        Assert.StartsWith("dotnet test ", commands[1], StringComparison.Ordinal);
        string[] script = Repository.Text(".ci", "run").Split('\n');
        Assert.Single(script, line => line.StartsWith("suite ", StringComparison.Ordinal) && line.EndsWith("\" " + commands[1], StringComparison.Ordinal));
    }

    [Fact]
    public void The_pages_of_the_tour_show_tested_code()
    {
        string[] pages = [.. ((string[])["tour", "theory"]).SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, "docs", folder), "*.md"))];
        Assert.NotEmpty(pages);
        foreach (string page in pages)
        {
            string text = File.ReadAllText(page);
            // Each fence stands below a comment that names its source: <!-- L01_X.cs#region -->.
            MatchCollection named = Regex.Matches(text, "^<!-- (\\w+\\.cs)#([\\w-]+) -->\n```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline);
            Assert.NotEmpty(named);
            Assert.Equal(Repository.Fences(text, "csharp").Count, named.Count);
            foreach (Match fence in named)
                Assert.Equal(Repository.Region(Repository.Text("Tests", "Main", "Lessons", fence.Groups[1].Value), fence.Groups[2].Value), fence.Groups[3].Value);
        }
    }

    [Fact]
    public void The_page_of_the_audit_shows_tested_code()
        => Assert.Equal(Repository.Region(Repository.Text("Tests", "Main", "Lessons", "AuditExample.cs"), "docs/audit.md"), Assert.Single(Repository.Fences(Repository.Text("docs", "audit.md"), "csharp")));

    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        // The picture is made by a training run.
        string[] made = ["docs/samples.png"];
        var pages = Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(Repository.Root, "README.md")).Append(Path.Combine(Repository.Root, "CONTRIBUTING.md"));
        var dead = new List<string>();
        foreach (string page in pages)
            foreach (Match link in Regex.Matches(File.ReadAllText(page), "\\]\\(([^)#:]+)(#[^)]*)?\\)"))
            {
                string target = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value));
                if (!File.Exists(target) && !Directory.Exists(target) && !made.Contains(link.Groups[1].Value)) dead.Add($"{Path.GetRelativePath(Repository.Root, page)}: {link.Groups[1].Value}");
            }
        Assert.Empty(dead);
    }
}
