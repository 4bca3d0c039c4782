using System.Globalization;
using System.Text;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.Scheduler.Api;

internal static class RunRoutes
{
    public static void MapRuns(this RouteGroupBuilder api)
    {
        RouteGroupBuilder runs = api.MapGroup("/runs").WithTags("runs");
        runs.MapGet("/{id:guid}", async (Guid id, TrackingReader reader, CancellationToken cancel) => await reader.RunAsync(id, cancel) is { } run ? Results.Ok(run) : NoRun(id))
            .WithSummary("A run with its spec, jobs and results.").Produces<RunDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("/{id:guid}/metrics", NamesAsync).WithSummary("Names of the run's metrics.")
            .Produces<IReadOnlyList<string>>().ProducesProblem(StatusCodes.Status404NotFound);
        runs.MapGet("/{id:guid}/metrics/{**name}", PointsAsync).WithSummary("A curve in step order; as CSV with `Accept: text/csv`.")
            .Produces<IReadOnlyList<PointView>>(StatusCodes.Status200OK, "application/json", "text/csv").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> NamesAsync(Guid id, TrackingReader reader, MetricStore metrics, CancellationToken cancel)
        => await reader.RunAsync(id, cancel) is null ? NoRun(id) : Results.Ok(await metrics.NamesAsync(id, cancel));

    private static async Task<IResult> PointsAsync(Guid id, string name, HttpRequest request, MetricStore metrics, CancellationToken cancel)
    {
        if (!(await metrics.NamesAsync(id, cancel)).Contains(name))
        {
            return ApiRoutes.NotFound($"Run {id} has no metric '{name}'.");
        }

        IReadOnlyList<MetricPoint> points = await metrics.ReadAsync(id, name, cancel);
        if (!request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals("text/csv", StringComparison.OrdinalIgnoreCase)))
        {
            return Results.Ok(points.Select(p => new PointView(p.Step, p.Value)));
        }

        var csv = new StringBuilder("step,value\n");
        foreach (MetricPoint point in points)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{point.Step},{point.Value:R}\n");
        }

        return Results.Text(csv.ToString(), "text/csv", Encoding.UTF8);
    }

    private static IResult NoRun(Guid id) => ApiRoutes.NotFound($"There is no run {id}.");
}
