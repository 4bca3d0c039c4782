namespace DdpmJobs.Model.Networks;

/// <summary>The widths of a <see cref="DdpmUnet"/>: one place for what is built and what is checked.</summary>
internal static class UnetLayout
{
    /// <summary>Input and output channels of the blocks of each level on the way down.</summary>
    public static (int In, int Out)[][] Down(DdpmUnet unet)
    {
        int width = unet.Channels;
        (int In, int Out)[][] levels = new (int, int)[unet.Multipliers.Count][];
        for (int level = 0; level < levels.Length; level++)
        {
            levels[level] = new (int, int)[unet.Blocks];
            for (int block = 0; block < unet.Blocks; block++)
            {
                int next = unet.Channels * unet.Multipliers[level];
                levels[level][block] = (width, next);
                width = next;
            }
        }

        return levels;
    }

    /// <summary>Channels of the middle.</summary>
    public static int Middle(DdpmUnet unet) => unet.Channels * unet.Multipliers[^1];

    /// <summary>Input channels, the skipped ones included, and output channels of the blocks of each level on the way up.</summary>
    public static (int In, int Out)[][] Up(DdpmUnet unet)
    {
        // What the way down leaves behind: the first convolution, every block, every halving.
        Stack<int> skips = new([unet.Channels]);
        foreach (((int In, int Out)[] blocks, int level) in Down(unet).Select((blocks, level) => (blocks, level)))
        {
            foreach ((int _, int width) in blocks)
                skips.Push(width);
            if (level < unet.Multipliers.Count - 1)
                skips.Push(blocks[^1].Out);
        }

        int current = Middle(unet);
        (int In, int Out)[][] levels = new (int, int)[unet.Multipliers.Count][];
        for (int level = levels.Length - 1; level >= 0; level--)
        {
            levels[level] = new (int, int)[unet.Blocks + 1];
            for (int block = 0; block <= unet.Blocks; block++)
            {
                int next = unet.Channels * unet.Multipliers[level];
                levels[level][block] = (current + skips.Pop(), next);
                current = next;
            }
        }

        return levels;
    }

    /// <summary>Channels of every group normalisation.</summary>
    public static IEnumerable<int> NormWidths(DdpmUnet unet) =>
        Down(unet).Concat(Up(unet)).SelectMany(blocks => blocks).SelectMany(block => new[] { block.In, block.Out }).Append(Middle(unet)).Distinct();
}
