namespace DdpmJobs.Scheduler;

/// <summary>How the scheduler is deployed.</summary>
public sealed class SchedulerOptions
{
    /// <summary>Secret that clients and dashboard users must show (bearer token, or password of basic authentication). Empty: nobody is asked, which is allowed on loopback only.</summary>
    public string Token { get; set; } = "";

    /// <summary>Folder of the keys that sign the dashboard's forms, so that open pages outlive a restart; <c>ddpm-data/keys</c> by default. Schedulers behind one address share it.</summary>
    public string KeyFolder { get; set; } = "ddpm-data/keys";

    /// <summary>Time between two reconciliations; 5 seconds by default.</summary>
    public TimeSpan ReconcileEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a job has been ready before it is offered again; 15 seconds by default.</summary>
    public TimeSpan OfferAgainAfter { get; set; } = TimeSpan.FromSeconds(15);
}
