using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks;

/// <summary>The U-Net of Nichol and Dhariwal 2021, scaled by its parameters.</summary>
/// <remarks>
/// openai/improved-diffusion, unet.py. With a learned variance (6 output channels) it has 52,546,438 parameters by the defaults, those of CIFAR-10; with
/// multipliers 1,2,3,4 at 64 x 64 (ImageNet-64) 121,063,942; with multipliers 1,1,2,2,4,4, 2 blocks, attention at 16, one head and no scale-shift norm at
/// 256 x 256 (LSUN) 113,676,678.
/// </remarks>
[Kind("improved_unet", Summary = "the U-Net of Improved DDPM: several attention heads, t as scale and shift of the normalisation",
    Source = "Nichol and Dhariwal 2021 (arXiv:2102.09672), appendix A; openai/improved-diffusion, unet.py")]
public sealed record ImprovedUnet : Network, ISpecCheck, IRunCheck
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
    public int Blocks { get; init; } = 3;

    /// <summary>Resolutions, in pixels, whose blocks are followed by self-attention; the middle always has it.</summary>
    [Description("resolutions, in pixels, whose blocks are followed by self-attention; the middle always has it")]
    public IReadOnlyList<int> Attention { get; init; } = [16, 8];

    /// <summary>Heads of each self-attention; divides its channels.</summary>
    [Description("heads of each self-attention; divides its channels")]
    [Range(1, 65536)]
    public int Heads { get; init; } = 4;

    /// <summary>Whether the embedding of t scales and shifts the second normalisation of a block; otherwise it is added before it.</summary>
    [Description("the embedding of t scales and shifts the second normalisation of a block; otherwise it is added before it")]
    public bool ScaleShiftNorm { get; init; } = true;

    /// <summary>Probability of dropping an activation within each residual block in training.</summary>
    [Description("probability of dropping an activation within each residual block in training")]
    [Range(0.0, 0.99)]
    public double Dropout { get; init; } = 0.3; // openai/improved-diffusion, README, CIFAR-10

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
        Check("");
        Layout.CheckSize(size, "");
        CheckHeads(size, "");
        return new ImprovedUnetModule(this, Layout, inChannels, outChannels, size, seed, dropout);
    }

    /// <inheritdoc/>
    public void Check(string path) => Layout.Check(path);

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        Layout.CheckData(run, path);
        CheckHeads(run.Data.Shape.H, path);
    }

    private void CheckHeads(int size, string path)
    {
        IEnumerable<int> attending = Enumerable.Range(0, Multipliers.Count).Where(level => Layout.Attends(level, size)).Select(level => Channels * Multipliers[level]);
        foreach (int width in attending.Append(Layout.Middle))
        {
            if (width % Heads != 0)
                throw new SpecException(SpecPath.Member(path, "heads"), $"must divide the channels of every self-attention; got heads {Heads}, and one of {width} channels");
        }
    }
}
