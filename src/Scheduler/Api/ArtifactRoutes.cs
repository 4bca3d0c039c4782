using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;

namespace DdpmJobs.Scheduler.Api;

internal static class ArtifactRoutes
{
    public static void MapArtifacts(this RouteGroupBuilder api)
        => api.MapGet("/artifacts/{id:guid}", ContentAsync).WithTags("artifacts").WithSummary("The content of a file; its ETag is the SHA-256.")
            .Produces<byte[]>(StatusCodes.Status200OK, "image/png", "application/octet-stream").Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status410Gone);

    private static async Task<IResult> ContentAsync(Guid id, IDbContextFactory<TrackingDb> contexts, ArtifactStore artifacts, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        Artifact? artifact = await db.Artifacts.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id, cancel);
        if (artifact is null)
        {
            return ApiRoutes.NotFound($"There is no artifact {id}.");
        }

        if (artifact.DroppedAt is not null)
        {
            return Results.Problem(statusCode: StatusCodes.Status410Gone, detail: $"The content of artifact {id} was dropped by retention.");
        }

        try
        {
            // Pictures open in the browser; the type comes from the kind, never from the name.
            bool picture = artifact.Kind is "sample_grid" or "sweep_grid";
            return Results.File(
                Path.GetFullPath(artifacts.PathOf(artifact.Sha256)), picture ? "image/png" : "application/octet-stream", picture ? null : SafeName(artifact.Name),
                entityTag: new EntityTagHeaderValue($"\"{artifact.Sha256}\""), enableRangeProcessing: true);
        }
        catch (FileNotFoundException)
        {
            return ApiRoutes.NotFound($"The content of artifact {id} is not in the artifact folder.");
        }
    }

    private static string SafeName(string name)
    {
        string safe = new([.. name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_').Take(100)]);
        return safe.TrimStart('.') is { Length: > 0 } s ? s : "artifact";
    }
}
