using DdpmJobs.Model.Evaluation.FeatureNetworks;

namespace DdpmJobs.GpuRunner;

/// <summary>Where the weights of published networks lie that quality is measured by.</summary>
public sealed class WeightsOptions
{
    /// <summary>Folder of published weights; <c>ddpm-data/weights</c> by default.</summary>
    public string Folder { get; set; } = WeightsFolder.Default;
}
