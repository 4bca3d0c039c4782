using DdpmJobs.Model.Evaluation.References;

namespace DdpmJobs.GpuRunner;

/// <summary>Where the statistics of true images lie that quality is measured against.</summary>
public sealed class StatisticsOptions
{
    /// <summary>Folder of statistics, computed here or brought in, and of the classifiers trained for them; <c>ddpm-data/statistics</c> by default.</summary>
    public string Folder { get; set; } = StatisticsFolder.Default;

    /// <summary>The folder for a process that works in a data folder of its own: in it, where no other is named.</summary>
    /// <param name="dataFolder">That folder.</param>
    public string FolderIn(string dataFolder) => Folder == StatisticsFolder.Default ? Path.Combine(dataFolder, Path.GetFileName(StatisticsFolder.Default)) : Folder;
}
