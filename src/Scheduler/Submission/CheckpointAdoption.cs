using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Specs;
using DdpmJobs.Tracking.Sweeps;

namespace DdpmJobs.Scheduler.Submission;

/// <summary>Finds the runs that checkpoints belong to. The hash of the spec in the file decides: a run is not given weights of another.</summary>
public static class CheckpointAdoption
{
    /// <summary>Gives each checkpoint to the run, or runs, of its spec.</summary>
    /// <param name="sweep">The sweep as it is to be submitted.</param>
    /// <param name="checkpoints">Content and file of each.</param>
    /// <returns>The sweep with the checkpoints.</returns>
    /// <exception cref="SpecException">One belongs to no run, two belong to one, or a table of betas was another.</exception>
    /// <exception cref="InvalidDataException">One is damaged or no checkpoint.</exception>
    /// <exception cref="FileNotFoundException">One is not there.</exception>
    public static SweepDraft Adopt(SweepDraft sweep, IReadOnlyList<(string Sha256, string Path)> checkpoints)
    {
        if (checkpoints.Count == 0)
        {
            return sweep;
        }

        RunDraft[] runs = [.. sweep.Runs];
        string[] hashes = [.. runs.Select(run => SpecJson.Hash(run.Spec))];
        foreach ((string sha256, string path) in checkpoints)
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            int[] places = [.. Enumerable.Range(0, runs.Length).Where(i => hashes[i] == checkpoint.SpecHash)];
            if (places.Length == 0)
            {
                string specs = string.Join(", ", runs.Zip(hashes).Take(8).Select(run => $"{run.Second[..12]} ({run.First.Name})"));
                throw new SpecException("", $"the checkpoint {path} belongs to no run of the sweep {sweep.Name}: its spec is {checkpoint.SpecHash[..12]}, and the runs' are {specs}");
            }

            RunSpec spec = checkpoint.ReadSpec();
            if (checkpoint.Step > spec.Training.Steps)
            {
                throw new SpecException("training.steps", $"is {spec.Training.Steps}, and the checkpoint {path} counts {checkpoint.Step} steps as done");
            }

            foreach (int i in places)
            {
                if (runs[i].Checkpoint is not null)
                {
                    throw new SpecException("", $"two checkpoints belong to the run {runs[i].Name} of the sweep {sweep.Name}; give it one");
                }

                runs[i] = runs[i] with { Checkpoint = new AdoptedCheckpoint(sha256, checkpoint.Step, checkpoint.Origin) };
            }
        }

        return sweep with { Runs = runs };
    }
}
