using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Networks;

/// <summary>TODO.</summary>
[Kind("ddpm_unet", Summary = "TODO", Source = "TODO")]
public sealed record DdpmUnet : Network;
