namespace DdpmJobs.Scheduler.Tests.Sweeps;

/// <summary>Shortens sweeps in tests.</summary>
internal static class SweepText
{
    /// <summary>A sweep with a base that needs nothing else; the grid begins at line 8.</summary>
    public static string WithGrid(string grid) =>
        """
        name: test
        run:
          data: optdigits
          network: { kind: ddpm_unet, multipliers: [1, 2], attention: [4] }
          sampling: { sampler: ancestral }
          training: { steps: 10, optimizer: adam, ema: [warmup] }
        grid:

        """ + grid;
}
