using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Tracking.Artifacts;
using Microsoft.AspNetCore.Http.Features;

namespace DdpmJobs.Scheduler.Api;

internal static class CheckpointRoutes
{
    public static void MapCheckpoints(this RouteGroupBuilder api)
        => api.MapPost("/checkpoints", UploadAsync).WithTags("sweeps")
            .WithSummary("Takes a checkpoint that a sweep is then submitted with; kept for an hour unless one is.")
            .Accepts<byte[]>("application/octet-stream")
            .Produces<CheckpointReply>().ProducesProblem(StatusCodes.Status400BadRequest);

    private static async Task<IResult> UploadAsync(HttpRequest request, ArtifactStore artifacts, CancellationToken cancel)
    {
        // A checkpoint of a large network has gigabytes.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        string sha256 = await artifacts.KeepAsync(request.Body, cancel);
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(artifacts.PathOf(sha256));
            return Results.Ok(new CheckpointReply(sha256, checkpoint.SpecHash, checkpoint.Step));
        }
        catch (InvalidDataException e)
        {
            return Results.Problem(statusCode: StatusCodes.Status400BadRequest, detail: e.Message.Replace(artifacts.PathOf(sha256), "the upload", StringComparison.Ordinal));
        }
    }
}
