using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Networks;

/// <summary>The widths and resolutions of a U-Net: one place for what is built and what is checked.</summary>
/// <param name="Channels">Channels at the input resolution.</param>
/// <param name="Multipliers">Channels of each level as a multiple of them.</param>
/// <param name="Blocks">Residual blocks a level on the way down; one more on the way up.</param>
/// <param name="Attention">Resolutions, in pixels, whose blocks are followed by self-attention.</param>
/// <param name="Groups">Groups of each group normalisation.</param>
internal sealed record UnetLayout(int Channels, IReadOnlyList<int> Multipliers, int Blocks, IReadOnlyList<int> Attention, int Groups)
{
    /// <summary>Channels of the middle.</summary>
    public int Middle => Channels * Multipliers[^1];

    /// <summary>Whether the blocks of a level are followed by self-attention.</summary>
    /// <param name="level">Zero-based, from the input resolution down.</param>
    /// <param name="size">Height and width of the input in pixels.</param>
    public bool Attends(int level, int size) => Attention.Contains(size >> level);

    /// <summary>Input and output channels of the blocks of each level on the way down.</summary>
    public (int In, int Out)[][] Down()
    {
        int width = Channels;
        (int In, int Out)[][] levels = new (int, int)[Multipliers.Count][];
        for (int level = 0; level < levels.Length; level++)
        {
            levels[level] = new (int, int)[Blocks];
            for (int block = 0; block < Blocks; block++)
            {
                int next = Channels * Multipliers[level];
                levels[level][block] = (width, next);
                width = next;
            }
        }

        return levels;
    }

    /// <summary>Input channels, the skipped ones included, and output channels of the blocks of each level on the way up.</summary>
    public (int In, int Out)[][] Up()
    {
        // What the way down leaves behind: the first convolution, every block, every halving.
        Stack<int> skips = new([Channels]);
        foreach (((int In, int Out)[] blocks, int level) in Down().Select((blocks, level) => (blocks, level)))
        {
            foreach ((int _, int width) in blocks)
                skips.Push(width);
            if (level < Multipliers.Count - 1)
                skips.Push(blocks[^1].Out);
        }

        int current = Middle;
        (int In, int Out)[][] levels = new (int, int)[Multipliers.Count][];
        for (int level = levels.Length - 1; level >= 0; level--)
        {
            levels[level] = new (int, int)[Blocks + 1];
            for (int block = 0; block <= Blocks; block++)
            {
                int next = Channels * Multipliers[level];
                levels[level][block] = (current + skips.Pop(), next);
                current = next;
            }
        }

        return levels;
    }

    /// <summary>Refuses levels and groups that do not fit one another.</summary>
    /// <param name="path">Where the network stands in the spec.</param>
    /// <exception cref="SpecException">Member, reason and values.</exception>
    public void Check(string path)
    {
        if (Multipliers.Count == 0)
            throw new SpecException(SpecPath.Member(path, "multipliers"), "needs at least one level, as in [1, 2]; got an empty list");
        for (int level = 0; level < Multipliers.Count; level++)
        {
            if (Multipliers[level] < 1)
                throw new SpecException(SpecPath.Member(path, $"multipliers[{level}]"), $"must be at least 1; got {Multipliers[level]}");
        }

        foreach (int width in NormWidths())
        {
            if (width % Math.Min(Groups, width) != 0)
            {
                throw new SpecException(SpecPath.Member(path, "groups"),
                    $"must divide the channels of every layer, or exceed them; got groups {Groups}, and a layer of {width} channels");
            }
        }
    }

    /// <summary>Refuses data that the levels cannot take.</summary>
    /// <param name="run">The whole run.</param>
    /// <param name="path">Where the network stands in the run.</param>
    /// <exception cref="SpecException">Member, reason and values.</exception>
    public void CheckData(RunSpec run, string path)
    {
        (int _, int height, int width) = run.Data.Shape;
        if (height != width)
            throw new SpecException(path, $"takes square images; the data has {height} x {width} pixels");
        CheckSize(height, path);
    }

    /// <summary>Refuses an image size that the levels cannot halve, and attention at a resolution that no level has.</summary>
    /// <param name="size">Height and width of the input in pixels.</param>
    /// <param name="path">Where the network stands in the spec.</param>
    /// <exception cref="SpecException">Member, reason and values.</exception>
    public void CheckSize(int size, string path)
    {
        int smallest = 1 << (Multipliers.Count - 1);
        if (size % smallest != 0)
        {
            throw new SpecException(SpecPath.Member(path, "multipliers"),
                $"halve the resolution {Multipliers.Count - 1} times, so the image size must be a multiple of {smallest}; the data has {size} x {size} pixels");
        }

        int[] resolutions = [.. Enumerable.Range(0, Multipliers.Count).Select(level => size >> level)];
        for (int i = 0; i < Attention.Count; i++)
        {
            if (!resolutions.Contains(Attention[i]))
            {
                throw new SpecException(SpecPath.Member(path, $"attention[{i}]"),
                    $"no level has resolution {Attention[i]}; the resolutions are {string.Join(", ", resolutions)}: set attention to some of them, or to [] for none");
            }
        }
    }

    private IEnumerable<int> NormWidths() =>
        Down().Concat(Up()).SelectMany(blocks => blocks).SelectMany(block => new[] { block.In, block.Out }).Append(Middle).Distinct();
}
