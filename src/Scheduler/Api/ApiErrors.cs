using DdpmJobs.Tracking.Storage;
using Microsoft.AspNetCore.Diagnostics;

namespace DdpmJobs.Scheduler.Api;

/// <summary>Turns what a request threw into a problem of one sentence; stacks go to the log.</summary>
public sealed class ApiErrors(ILogger<ApiErrors> logger) : IExceptionHandler
{
    /// <inheritdoc />
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        (int status, string detail) = exception switch
        {
            BadHttpRequestException bad => (bad.StatusCode, bad.Message),
            _ when StoreOutage.IsCauseOf(exception) => (StatusCodes.Status503ServiceUnavailable, "The store cannot be reached; running trainings go on. Try again later."),
            _ => (StatusCodes.Status500InternalServerError, "An unexpected error; the scheduler's log has the details."),
        };
        if (status >= 500)
        {
            logger.RequestFailed(exception);
        }

        await Results.Problem(statusCode: status, detail: detail).ExecuteAsync(httpContext);
        return true;
    }
}
