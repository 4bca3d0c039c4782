using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Scheduler.Api;

internal static class JobRoutes
{
    public static void MapJobs(this RouteGroupBuilder api)
    {
        RouteGroupBuilder jobs = api.MapGroup("/jobs").WithTags("jobs");
        jobs.MapGet("/{id:guid}", async (Guid id, TrackingReader reader, CancellationToken cancel) => await reader.JobAsync(id, cancel) is { } job ? Results.Ok(job) : NoJob(id))
            .WithSummary("A job with its attempts and events.").Produces<JobDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        jobs.MapPost("/{id:guid}/cancel", (Guid id, HttpRequest request, TrackingReader reader, JobRequests requests, CancellationToken cancel)
                => AskAsync(id, reader, () => requests.CancelAsync(id, ApiRoutes.UserOf(request), cancel), cancel))
            .WithSummary("Stops a job; 409 with the reason when it is final.")
            .Produces<RequestReply>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        jobs.MapPost("/{id:guid}/retry", (Guid id, HttpRequest request, TrackingReader reader, JobRequests requests, CancellationToken cancel)
                => AskAsync(id, reader, () => requests.RetryAsync(id, ApiRoutes.UserOf(request), cancel), cancel))
            .WithSummary("Tries a failed or cancelled job again; 409 with the reason for others.")
            .Produces<RequestReply>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapGet("/runners", (TrackingReader reader, CancellationToken cancel) => reader.RunnersAsync(cancel)).WithTags("runners")
            .WithSummary("Runner processes, the newest sign of life first.").Produces<IReadOnlyList<RunnerView>>();
    }

    private static async Task<IResult> AskAsync(Guid id, TrackingReader reader, Func<Task<RequestResult>> request, CancellationToken cancel)
    {
        if (await reader.JobAsync(id, cancel) is null)
        {
            return NoJob(id);
        }

        RequestResult result = await request();
        return result.Accepted ? Results.Ok(new RequestReply(1, result.Message)) : Results.Problem(statusCode: StatusCodes.Status409Conflict, detail: result.Message);
    }

    private static IResult NoJob(Guid id) => ApiRoutes.NotFound($"There is no job {id}.");
}
