namespace DdpmJobs.EndToEnd.Tests;

/// <summary>A sweep of two tiny runs that trains in seconds, and one long enough to be interrupted.</summary>
internal static class TinySweep
{
    /// <summary>Writes the sweep into a folder.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="name">The sweep's name.</param>
    /// <param name="steps">Optimiser steps a run; one takes about 10 ms on one core.</param>
    /// <returns>The file's path.</returns>
    public static string Write(string folder, string name, int steps)
    {
        string file = Path.Combine(folder, name + ".yaml");
        File.WriteAllText(file, $$"""
            name: {{name}}
            run:
              seed: 7
              data: optdigits
              network: { kind: ddpm_unet, channels: 8, multipliers: [1, 2], blocks: 1, attention: [4], dropout: 0.1, groups: 4 }
              process: { timesteps: 50, schedule: cosine }
              training:
                steps: {{steps}}
                batch_size: 16
                optimizer: { kind: adam, learning_rate: 1e-3 }
                warmup_steps: 10
                ema: { kind: warmup, decay: 0.99 }
                log_every: 10
              evaluation:
                metrics: { kind: nll, images: 50, timesteps_per_image: 4 }
              sampling: { sampler: { kind: ddim, steps: 5 }, count: 8 }
            grid:
              process.prediction: [epsilon, v]
            """);
        return file;
    }
}
