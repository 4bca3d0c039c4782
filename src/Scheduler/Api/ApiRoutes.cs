using System.Reflection;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Scheduler.Api;

/// <summary>The HTTP API, version 1.</summary>
internal static class ApiRoutes
{
    public static void MapApi(this IEndpointRouteBuilder app)
    {
        RouteGroupBuilder api = app.MapGroup("/api/v1");
        api.MapSweeps();
        api.MapCheckpoints();
        api.MapRuns();
        api.MapJobs();
        api.MapArtifacts();
        app.MapGet("/health", HealthAsync).WithTags("health").WithSummary("Whether the store is reachable and at this program's level.")
            .Produces<HealthView>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    public static IResult NotFound(string detail) => Results.Problem(statusCode: StatusCodes.Status404NotFound, detail: detail);

    /// <summary>Who asks, as told by the client: for the event log, not for access.</summary>
    public static string UserOf(HttpRequest request)
    {
        string user = new([.. request.Headers["X-Ddpm-User"].ToString().Where(c => !char.IsControl(c)).Take(100)]);
        return user.Length > 0 ? user : "api";
    }

    private static async Task<IResult> HealthAsync(IDbContextFactory<TrackingDb> contexts, CancellationToken cancel)
    {
        try
        {
            await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
            await MigrationLevel.RequireCurrentAsync(db, cancel);
            return Results.Ok(new HealthView("ok", typeof(ApiRoutes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? ""));
        }
        catch (StoreUnavailableException e)
        {
            return Results.Problem(statusCode: StatusCodes.Status503ServiceUnavailable, detail: e.Message);
        }
    }
}
