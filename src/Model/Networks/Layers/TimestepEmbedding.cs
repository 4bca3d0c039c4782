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
    /// <remarks>hojonathanho/diffusion, nn.py, get_timestep_embedding: the frequencies divide by half - 1. improved-diffusion has [cos | sin] and divides by half.</remarks>
    public static Tensor Of(Tensor t, int width)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        int half = width / 2;
        Tensor frequencies = torch.arange(half, dtype: torch.float32, device: t.device).mul(-Math.Log(10000) / (half - 1)).exp();
        Tensor angles = t.to(torch.float32).unsqueeze(1) * frequencies.unsqueeze(0);
        Tensor embedding = torch.cat([angles.sin(), angles.cos()], 1);
        if (width % 2 == 1)
            embedding = torch.nn.functional.pad(embedding, (0, 1), PaddingModes.Constant, 0);
        return embedding.MoveToOuterDisposeScope();
    }
}
