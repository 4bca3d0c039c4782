using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks;

/// <summary>The U-Net of Ho et al. 2020, scaled by its parameters.</summary>
/// <remarks>
/// hojonathanho/diffusion, models/unet.py. With the defaults and 3 channels of 32 x 32 pixels it has 35,746,307 parameters (the paper's 35.7 M); with
/// multipliers 1,1,2,2,4,4 at 256 x 256 it has 113,673,219 (114 M).
/// </remarks>
[Kind("ddpm_unet", Summary = "the U-Net of the DDPM paper: residual blocks with group normalisation, self-attention at chosen resolutions",
    Source = "Ho et al. 2020 (arXiv:2006.11239), appendix B; hojonathanho/diffusion, models/unet.py")]
public sealed record DdpmUnet : Network, ISpecCheck, IRunCheck
{
    /// <summary>Channels at the input resolution.</summary>
    [Description("channels at the input resolution")]
    [Range(4, 65536)]
    public int Channels { get; init; } = 128;

    /// <summary>Channels of each level as a multiple of <see cref="Channels"/>; each level after the first halves the resolution.</summary>
    [Description("channels of each level as a multiple of channels; each level after the first halves the resolution")]
    public IReadOnlyList<int> Multipliers { get; init; } = [1, 2, 2, 2];

    /// <summary>Residual blocks a level on the way down; one more on the way up.</summary>
    [Description("residual blocks a level on the way down; one more on the way up")]
    [Range(1, 64)]
    public int Blocks { get; init; } = 2;

    /// <summary>Resolutions, in pixels, whose blocks are followed by self-attention; the middle always has it.</summary>
    [Description("resolutions, in pixels, whose blocks are followed by self-attention; the middle always has it")]
    public IReadOnlyList<int> Attention { get; init; } = [16];

    /// <summary>Probability of dropping an activation within each residual block in training.</summary>
    [Description("probability of dropping an activation within each residual block in training")]
    [Range(0.0, 0.99)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Groups of each group normalisation; a layer with fewer channels has one group a channel.</summary>
    [Description("groups of each group normalisation; a layer with fewer channels has one group a channel")]
    [Range(1, 65536)]
    public int Groups { get; init; } = 32;

    /// <inheritdoc/>
    public override nn.Module<Tensor, Tensor, Tensor> Build(int inChannels, int outChannels, int size, long seed, DropoutContext dropout)
    {
        Check("");
        CheckSize(size, "");
        return new DdpmUnetModule(this, inChannels, outChannels, size, seed, dropout);
    }

    /// <inheritdoc/>
    public void Check(string path)
    {
        if (Multipliers.Count == 0)
            throw new SpecException(SpecPath.Member(path, "multipliers"), "needs at least one level, as in [1, 2]; got an empty list");
        for (int level = 0; level < Multipliers.Count; level++)
        {
            if (Multipliers[level] < 1)
                throw new SpecException(SpecPath.Member(path, $"multipliers[{level}]"), $"must be at least 1; got {Multipliers[level]}");
        }

        foreach (int width in UnetLayout.NormWidths(this))
        {
            if (width % Math.Min(Groups, width) != 0)
            {
                throw new SpecException(SpecPath.Member(path, "groups"),
                    $"must divide the channels of every layer, or exceed them; got groups {Groups}, and a layer of {width} channels");
            }
        }
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        (int _, int height, int width) = run.Data.Shape;
        if (height != width)
            throw new SpecException(path, $"takes square images; the data has {height} x {width} pixels");
        CheckSize(height, path);
    }

    private void CheckSize(int size, string path)
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
                    $"no level has resolution {Attention[i]}; the resolutions are {string.Join(", ", resolutions)}");
            }
        }
    }
}
