using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>The sinusoidal embedding of t.</summary>
internal static class TimestepEmbedding
{
    /// <summary>Embeds timesteps as [sin | cos] of t times frequencies from 1 down to 1/10000.</summary>
    /// <param name="t">(N,) int64.</param>
    /// <param name="width">Width of the embedding, at least 4; an odd one ends in a zero.</param>
    /// <returns>(N, width) float32; the caller disposes it.</returns>
    /// <remarks>hojonathanho/diffusion, nn.py, get_timestep_embedding: the frequencies divide by half - 1.</remarks>
    public static Tensor Of(Tensor t, int width)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor angles = Angles(t, Halves(t, width).mul(-Math.Log(10000) / (width / 2 - 1)));
        return Join(angles.sin(), angles.cos(), width).MoveToOuterDisposeScope();
    }

    /// <summary>Embeds timesteps as [cos | sin] of t times frequencies from 1 down to almost 1/10000.</summary>
    /// <param name="t">(N,) int64.</param>
    /// <param name="width">Width of the embedding, at least 2; an odd one ends in a zero.</param>
    /// <returns>(N, width) float32; the caller disposes it.</returns>
    /// <remarks>
    /// openai/improved-diffusion, nn.py, timestep_embedding: the frequencies divide by half, so 1/10000 itself is not reached. Weights trained with one of the
    /// two embeddings load into a network with the other without an error, and predict nonsense.
    /// </remarks>
    public static Tensor Improved(Tensor t, int width)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        // The division comes last, as there: at t near 1000 the other order moves the angle by 1e-4.
        Tensor angles = Angles(t, Halves(t, width).mul(-Math.Log(10000)).div(width / 2));
        return Join(angles.cos(), angles.sin(), width).MoveToOuterDisposeScope();
    }

    private static Tensor Halves(Tensor t, int width) => torch.arange(width / 2, dtype: torch.float32, device: t.device);

    private static Tensor Angles(Tensor t, Tensor logFrequencies) => t.to(torch.float32).unsqueeze(1) * logFrequencies.exp().unsqueeze(0);

    private static Tensor Join(Tensor first, Tensor second, int width)
    {
        Tensor embedding = torch.cat([first, second], 1);
        return width % 2 == 1 ? torch.nn.functional.pad(embedding, (0, 1), PaddingModes.Constant, 0) : embedding;
    }
}
