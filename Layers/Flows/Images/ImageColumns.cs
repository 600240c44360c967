namespace NativeFlow.Layers;

/// <summary>Where the features of an image go when it changes shape: lists of columns for picking.</summary>
internal static class ImageColumns
{
    // The lists are kept in numbers of type T; float counts exactly up to 2^24.
    private const int Most = 1 << 24;

    public static void Check(in ImageShape image)
    {
        image.Check();
        if (image.Features > Most) throw new ArgumentException($"the image is {image}, {image.Features} numbers; at most {Most} can be put in another order.");
    }

    /// <summary>The shape after putting every factor x factor square of pixels into channels of its own.</summary>
    /// <exception cref="ArgumentException">The factor is below 2, or does not divide height and width.</exception>
    public static ImageShape Squeezed(in ImageShape image, int factor)
    {
        Check(image);
        if (factor < 2) throw new ArgumentException($"factor is {factor}; it must be 2 or more.");
        if (image.Height % factor != 0 || image.Width % factor != 0)
            throw new ArgumentException($"the image is {image}; height and width must be divisible by the factor {factor}: pad or crop the images.");
        return new ImageShape(image.Channels * factor * factor, image.Height / factor, image.Width / factor);
    }

    /// <summary>The shape of which <paramref name="image"/> is the squeezed form.</summary>
    /// <exception cref="ArgumentException">The factor is below 2, or its square does not divide the channels.</exception>
    public static ImageShape Unsqueezed(in ImageShape image, int factor)
    {
        Check(image);
        if (factor < 2) throw new ArgumentException($"factor is {factor}; it must be 2 or more.");
        if (image.Channels % ((long)factor * factor) != 0)
            throw new ArgumentException($"the image is {image}; to unsqueeze it the channels must be divisible by the factor's square, {(long)factor * factor}: take another factor.");
        return new ImageShape(image.Channels / (factor * factor), image.Height * factor, image.Width * factor);
    }

    /// <summary>
    /// For every number of the squeezed form, the column of the image it comes from: squeezed channel (channel, row in the square, column in
    /// the square). With <paramref name="squareLast"/> the squeezed form is instead (channel, pixel, place in the square).
    /// </summary>
    public static double[] Squeeze(in ImageShape image, int factor, bool squareLast = false)
    {
        ImageShape to = Squeezed(image, factor);
        int square = factor * factor;
        var columns = new double[image.Features];
        for (int c = 0; c < image.Channels; c++)
        {
            for (int k = 0; k < square; k++)
            {
                for (int p = 0; p < to.Pixels; p++)
                {
                    int row = (p / to.Width * factor) + (k / factor), column = (p % to.Width * factor) + (k % factor);
                    int place = squareLast ? (((c * to.Pixels) + p) * square) + k : (((c * square) + k) * to.Pixels) + p;
                    columns[place] = (c * image.Pixels) + (row * image.Width) + column;
                }
            }
        }
        return columns;
    }

    /// <summary>For every number of (groups, inner, outer) order, its place in (groups, outer, inner) order.</summary>
    public static double[] Exchange(int groups, int outer, int inner)
    {
        var columns = new double[groups * outer * inner];
        for (int g = 0, i = 0; g < groups; g++)
            for (int b = 0; b < inner; b++)
                for (int a = 0; a < outer; a++, i++) columns[i] = (g * outer * inner) + (a * inner) + b;
        return columns;
    }
}
