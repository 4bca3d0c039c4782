using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Sweeps;
using Microsoft.AspNetCore.Mvc;

namespace DdpmJobs.Scheduler.Api;

internal static class SweepRoutes
{
    // Far more than any sweep a person writes.
    private const int LongestYaml = 1 << 20;

    public static void MapSweeps(this RouteGroupBuilder api)
    {
        RouteGroupBuilder sweeps = api.MapGroup("/sweeps").WithTags("sweeps");
        sweeps.MapPost("", SubmitAsync).WithSummary("Submits a sweep: the body is the YAML file, `file` its name for errors, `checkpoint` (repeatable) the SHA-256 of an uploaded checkpoint that its run begins with. 201 when it is new, 200 when it was there already.")
            .Accepts<string>("text/yaml", "application/yaml", "text/plain")
            .Produces<SubmitReply>(StatusCodes.Status201Created).Produces<SubmitReply>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        sweeps.MapGet("", (TrackingReader reader, CancellationToken cancel, int limit = 50) => reader.SweepsAsync(Math.Clamp(limit, 1, 1000), cancel))
            .WithSummary("The newest sweeps; at most `limit`, 50 by default.").Produces<IReadOnlyList<SweepSummary>>();
        sweeps.MapGet("/{id}", ShowAsync).WithSummary("A sweep with its runs, by id, a beginning of its id (6 digits or more), or name (the newest).")
            .Produces<SweepDetail>().ProducesProblem(StatusCodes.Status404NotFound);
        sweeps.MapPost("/{id}/cancel", CancelAsync).WithSummary("Stops every job that is not final; running ones within a heartbeat.")
            .Produces<RequestReply>().ProducesProblem(StatusCodes.Status404NotFound);
        sweeps.MapPost("/{id}/retry", RetryAsync).WithSummary("Tries every failed or cancelled job again.")
            .Produces<RequestReply>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> SubmitAsync(HttpRequest request, SweepSubmission submission, CancellationToken cancel, string file = "sweep.yaml", [FromQuery] string[]? checkpoint = null)
    {
        if (await ReadAsync(request.Body, cancel) is not { } yaml)
        {
            return Results.Problem(statusCode: StatusCodes.Status413PayloadTooLarge, detail: $"A sweep has at most {LongestYaml} bytes.");
        }

        try
        {
            SubmitReply reply = await submission.SubmitAsync(yaml, file, ApiRoutes.UserOf(request), checkpoint ?? [], cancel);
            return reply.Created ? Results.Created($"/api/v1/sweeps/{reply.SweepId}", reply) : Results.Ok(reply);
        }
        catch (SweepFileException e)
        {
            return Results.Problem(statusCode: StatusCodes.Status400BadRequest, detail: e.Message, extensions: new Dictionary<string, object?> { ["line"] = e.Line, ["column"] = e.Column });
        }
        catch (CheckpointNotAdoptedException e)
        {
            return Results.Problem(statusCode: StatusCodes.Status409Conflict, detail: e.Message);
        }
        catch (Exception e) when (e is SpecException or InvalidDataException)
        {
            return Results.Problem(statusCode: StatusCodes.Status400BadRequest, detail: e.Message);
        }
    }

    private static async Task<string?> ReadAsync(Stream body, CancellationToken cancel)
    {
        using var text = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        for (int read = await body.ReadAsync(buffer, cancel); read > 0; read = await body.ReadAsync(buffer, cancel))
        {
            text.Write(buffer, 0, read);
            if (text.Length > LongestYaml)
            {
                return null;
            }
        }

        text.Position = 0;
        return await new StreamReader(text).ReadToEndAsync(cancel);
    }

    private static Task<IResult> ShowAsync(string id, TrackingReader reader, CancellationToken cancel)
        => WithSweepAsync(id, reader, async sweep => Results.Ok(await reader.SweepAsync(sweep, cancel)), cancel);

    private static Task<IResult> CancelAsync(string id, HttpRequest request, TrackingReader reader, JobRequests requests, CancellationToken cancel)
        => WithSweepAsync(
            id, reader,
            async sweep => await requests.CancelSweepAsync(sweep, ApiRoutes.UserOf(request), cancel) is var jobs && jobs > 0
                ? Results.Ok(new RequestReply(jobs, $"{jobs} jobs stop or have stopped."))
                : Results.Ok(new RequestReply(0, "Nothing to stop: every job is final.")),
            cancel);

    private static Task<IResult> RetryAsync(string id, HttpRequest request, TrackingReader reader, JobRequests requests, CancellationToken cancel)
        => WithSweepAsync(
            id, reader,
            async sweep => await requests.RetrySweepAsync(sweep, ApiRoutes.UserOf(request), cancel) is var jobs && jobs > 0
                ? Results.Ok(new RequestReply(jobs, $"{jobs} jobs are tried again."))
                : Results.Ok(new RequestReply(0, "Nothing to retry: no job failed or was cancelled.")),
            cancel);

    private static async Task<IResult> WithSweepAsync(string id, TrackingReader reader, Func<Guid, Task<IResult>> then, CancellationToken cancel)
    {
        (Guid? sweep, string problem) = await reader.FindSweepAsync(id, cancel);
        return sweep is { } found ? await then(found) : ApiRoutes.NotFound(problem);
    }
}
