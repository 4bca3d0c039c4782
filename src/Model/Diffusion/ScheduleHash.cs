using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Diffusion;

/// <summary>What a noise schedule is, whatever its name: two families are called linear, and a version of this program may compute a table otherwise than another.</summary>
public static class ScheduleHash
{
    /// <summary>SHA-256 of the resolved betas as little-endian doubles, in lower-case hexadecimal; T is in it, as their number.</summary>
    /// <exception cref="SpecException">The schedule does not exist for this T; the path is relative to the schedule.</exception>
    public static string Of(ProcessSpec process) => ProcessTables.Sha256(process.Schedule.Betas(process.Timesteps));
}
