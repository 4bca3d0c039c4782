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

    /// <summary>Number of classes whose labels the network is given; 0 for a network that sees none.</summary>
    [Description("number of classes whose labels the network is given; 0 for none")]
    [Range(0, 256)]
    public int Classes { get; init; }

    /// <summary>Whether training keeps only each block's input and computes the block again in the backward pass: the same numbers, less memory, more time.</summary>
    [Description("keep only each block's input in training and compute the block again for its gradient: the same numbers, less memory, more time")]
    public bool CheckpointBlocks { get; init; }

    /// <inheritdoc/>
    public override int LabelCount => Classes;

    private UnetLayout Layout => new(Channels, Multipliers, Blocks, Attention, Groups);

    /// <inheritdoc/>
    public override nn.Module<Tensor, Tensor, Tensor> Build(int inChannels, int outChannels, int size, long seed, DropoutContext dropout)
    {
        Layout.Check("");
        Layout.CheckSize(size, "");
        return new DdpmUnetModule(this, Layout, inChannels, outChannels, size, seed, dropout);
    }

    /// <inheritdoc/>
    public void Check(string path) => Layout.Check(path);

    /// <inheritdoc/>
    public void Check(RunSpec run, string path) => Layout.CheckData(run, path);
}
