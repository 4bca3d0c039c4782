namespace DdpmJobs.Model.Sampling;

/// <summary>Latents between two latents along the sphere: a straight line would pass closer to the origin than any latent that the network knows.</summary>
/// <remarks>Shoemake 1985; Song, Meng, Ermon 2020 (arXiv:2010.02502), appendix D.5.</remarks>
public static class SphericalInterpolation
{
    private const double SmallestSine = 1e-6;

    /// <summary>One latent between two.</summary>
    /// <param name="first">A latent, in any order of its numbers.</param>
    /// <param name="second">A latent, as long as the first.</param>
    /// <param name="share">0 for the first, 1 for the second.</param>
    /// <returns>As long as the two.</returns>
    /// <remarks>Where the two lie on one line through the origin there is no arc; the straight line between them is taken.</remarks>
    public static float[] Between(ReadOnlySpan<float> first, ReadOnlySpan<float> second, double share)
    {
        double product = 0, square1 = 0, square2 = 0;
        for (int i = 0; i < first.Length; i++)
        {
            product += (double)first[i] * second[i];
            square1 += (double)first[i] * first[i];
            square2 += (double)second[i] * second[i];
        }

        double angle = Math.Acos(Math.Clamp(product / Math.Sqrt(square1 * square2), -1, 1));
        double sine = Math.Sin(angle);
        bool arc = sine > SmallestSine;
        double weight1 = arc ? Math.Sin((1 - share) * angle) / sine : 1 - share;
        double weight2 = arc ? Math.Sin(share * angle) / sine : share;
        float[] between = new float[first.Length];
        for (int i = 0; i < between.Length; i++)
            between[i] = (float)(weight1 * first[i] + weight2 * second[i]);
        return between;
    }
}
