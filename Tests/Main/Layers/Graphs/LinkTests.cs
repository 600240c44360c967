using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class LinkTests
{
    [Fact]
    public void SplitIsDisjointAndSeeded()
    {
        Graph graph = RandomTree.Generate(400, 3);
        LinkSplit split = LinkSplit.Of(graph, 5), again = LinkSplit.Of(graph, 5), other = LinkSplit.Of(graph, 6);
        Assert.Equal((19, 39, 19, 39, 341), (split.Validation.Count, split.Test.Count, split.ValidationNegatives.Count, split.TestNegatives.Count, split.Train.Edges.Length));
        Assert.Equal(graph.Nodes, split.Train.Nodes);
        HashSet<GraphEdge> edges = [.. split.Train.Edges, .. split.Validation, .. split.Test];
        Assert.Equal(graph.Edges.Length, edges.Count);
        Assert.True(edges.SetEquals(graph.Edges.ToArray()));
        HashSet<GraphEdge> negatives = [.. split.ValidationNegatives, .. split.TestNegatives];
        Assert.Equal(58, negatives.Count);
        Assert.All(negatives, p => Assert.True(p.U < p.V && !graph.HasEdge(p.U, p.V)));
        Assert.Equal(split.Test, again.Test);
        Assert.Equal(split.TestNegatives, again.TestNegatives);
        Assert.NotEqual(split.Test, other.Test);
        Assert.NotEqual(split.TestNegatives, other.TestNegatives);
    }

    [Fact]
    public void SplitRefusesWhatIsTooSmall()
    {
        TempFolder.AssertBadInput(() => LinkSplit.Of(SmallGraphs.Path(10), 0), "9 edges", "20 edges");
        TempFolder.AssertBadInput(() => LinkSplit.Of(SmallGraphs.Complete(8), 0), "0 pairs that are no edges");
    }

    [Fact]
    public void MetricsByHand()
    {
        // Ranks of 3, 1: one negative at 2 between them.
        LinkMetrics m = LinkMetrics.Of([3, 1], [2, 0]);
        Assert.Equal((0.75, 0.75, 0.5, 1, 1), (m.Auc, m.MeanReciprocalRank, m.HitsAt1, m.HitsAt3, m.HitsAt10));
        Assert.Equal((1 + (2.0 / 3)) / 2, m.AveragePrecision, 15);
        // All equal: chance.
        m = LinkMetrics.Of([1, 1, 1], [1, 1, 1]);
        Assert.Equal((0.5, 0.5, 1 / 2.5, 0, 1), (m.Auc, m.AveragePrecision, Math.Round(m.MeanReciprocalRank, 12), m.HitsAt1, m.HitsAt3));
        Assert.Equal(1, LinkMetrics.Of([5, 4], [3, 2, 1]).AveragePrecision);
        Assert.Equal(0, LinkMetrics.Of([1], [3, 2]).Auc);
        Assert.Throws<ArgumentException>(() => LinkMetrics.Of([], [1]));
        Assert.Throws<ArgumentException>(() => LinkMetrics.Of([double.NaN], [1]));
    }

    [Fact]
    public void MetricsByBruteForce()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            PhiloxSequence random = new(seed, 0);
            // Few distinct scores, so that there are ties of all kinds.
            double[] p = Scores(ref random, 23, 12), n = Scores(ref random, 31, 9);
            double auc = 0, reciprocal = 0, precision = 0;
            int ten = 0;
            foreach (double x in p)
            {
                double above = n.Count(y => y > x), ties = n.Count(y => y == x);
                auc += (n.Length - above - (ties / 2)) / n.Length / p.Length;
                reciprocal += 1 / (1 + above + (ties / 2)) / p.Length;
                ten += 1 + above + (ties / 2) <= 10 ? 1 : 0;
                precision += (double)p.Count(y => y >= x) / (p.Count(y => y >= x) + n.Count(y => y >= x)) / p.Length;
            }

            LinkMetrics m = LinkMetrics.Of(p, n);
            Assert.Equal(auc, m.Auc, 13);
            Assert.Equal(reciprocal, m.MeanReciprocalRank, 13);
            Assert.Equal(precision, m.AveragePrecision, 13);
            Assert.Equal(ten / 23.0, m.HitsAt10, 13);
        }

        static double[] Scores(ref PhiloxSequence random, int count, uint levels)
        {
            var scores = new double[count];
            for (int i = 0; i < count; i++) scores[i] = random.NextBelow(levels);
            return scores;
        }
    }
}
