namespace NativeFlow.Cli.Disk;

/// <summary>Finds places for names beside their points such that none lies on another: one after the other, the important ones first.</summary>
internal sealed class DiskLabels((double Left, double Top, double Right, double Bottom) room)
{
    // From close to farther, to the right first, as one reads.
    private static readonly double[] Distances = [5, 9, 15, 23, 34, 48];
    private readonly List<(double Left, double Top, double Right, double Bottom)> _taken = [];

    /// <summary>A name and where it stands: the foot of its first letter, and whether a line must lead to its point.</summary>
    public readonly record struct Placed(string Text, double PointX, double PointY, double X, double Y, double Width, bool Leads);

    /// <summary>Keeps labels away from a box.</summary>
    public void Block(double left, double top, double right, double bottom) => _taken.Add((left, top, right, bottom));

    /// <summary>A place for a name, or null where there is no room.</summary>
    public Placed? Place(string text, double pointX, double pointY, double size)
    {
        double width = Math.Max(StrokeFont.Width(text, size), 0.5 * size * text.Length), height = 0.95 * size;
        foreach (double distance in Distances)
            for (int k = 0; k < 16; k++)
            {
                // 0, 1, -1, 2, -2, ... sixteenths of a turn.
                double angle = (k % 2 == 0 ? -k / 2 : (k + 1) / 2) * Math.PI / 8, cos = Math.Cos(angle), sin = Math.Sin(angle);
                double middleX = pointX + distance * cos + 0.5 * width * Math.Clamp(1.6 * cos, -1, 1), middleY = pointY - distance * sin - 0.5 * height * Math.Clamp(1.6 * sin, -1, 1);
                var box = (Left: middleX - 0.5 * width, Top: middleY - 0.5 * height, Right: middleX + 0.5 * width, Bottom: middleY + 0.5 * height);
                if (box.Left < room.Left || box.Top < room.Top || box.Right > room.Right || box.Bottom > room.Bottom) continue;
                if (_taken.Exists(t => box.Left < t.Right + 2 && box.Right > t.Left - 2 && box.Top < t.Bottom && box.Bottom > t.Top)) continue;
                _taken.Add(box);
                return new Placed(text, pointX, pointY, box.Left, box.Bottom - 0.2 * size, width, distance > 9);
            }

        return null;
    }
}
