namespace NativeFlow.Layers;

/// <summary>How far an attack drove a flow's round trip |f^-1(f(x)) - x| apart; errors in units of the features' scales, the largest over features and rows.</summary>
/// <param name="Rows">Rows attacked.</param>
/// <param name="Steps">Steps made.</param>
/// <param name="Before">Error at the rows themselves.</param>
/// <param name="Random">Largest error over random points of the balls, one a step and row.</param>
/// <param name="Attacked">Largest error over the points of the attack.</param>
/// <param name="NonFiniteBefore">Rows whose way back is not finite, at the rows themselves.</param>
/// <param name="NonFiniteRandom">Random points whose way back is not finite.</param>
/// <param name="NonFiniteAttacked">Attacked points whose way back is not finite.</param>
public sealed record AttackReport(int Rows, int Steps, double Before, double Random, double Attacked, long NonFiniteBefore, long NonFiniteRandom, long NonFiniteAttacked)
{
    /// <summary>How many times larger the attack made the error than chance: below 10 for a flow that can be relied on. NaN where both are 0.</summary>
    public double Ratio => Attacked / Random;
}
