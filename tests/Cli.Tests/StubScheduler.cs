using DdpmJobs.Scheduler.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.Cli.Tests;

/// <summary>A scheduler that knows one sweep and its curves, on a free loopback port.</summary>
internal sealed class StubScheduler : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubScheduler(WebApplication app) => _app = app;

    /// <summary>What points a command line to it.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["DDPM__Server"] = _app.Urls.First() };

    /// <param name="sweep">The sweep.</param>
    /// <param name="curves">Curves by name, of every run.</param>
    /// <param name="reply">The answer to a submission.</param>
    /// <param name="attempts">Attempts, of every job.</param>
    public static async Task<StubScheduler> StartAsync(
        SweepDetail sweep, IReadOnlyDictionary<string, PointView[]>? curves = null, SubmitReply? reply = null, IReadOnlyList<AttemptView>? attempts = null)
    {
        curves ??= new Dictionary<string, PointView[]>();
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        IResult Json(object? value) => value is null ? Microsoft.AspNetCore.Http.Results.Problem(statusCode: StatusCodes.Status404NotFound, detail: "There is no such thing.") : Microsoft.AspNetCore.Http.Results.Json(value, ApiJson.Options);
        app.MapPost("/api/v1/sweeps", () => Json(reply));
        app.MapGet("/api/v1/sweeps/{id}", (string id) => Json(id == sweep.Summary.Name ? sweep : null));
        app.MapGet("/api/v1/runs/{id:guid}", (Guid id) => Json(sweep.Runs.FirstOrDefault(r => r.Id == id)));
        app.MapGet("/api/v1/runs/{id:guid}/metrics", () => Json(curves.Keys));
        app.MapGet("/api/v1/runs/{id:guid}/metrics/{**name}", (string name) => Json(curves.GetValueOrDefault(name)));
        app.MapGet("/api/v1/jobs/{id:guid}", (Guid id) => Json(sweep.Runs.SelectMany(r => r.Jobs).FirstOrDefault(j => j.Id == id) is { } job
            ? new JobDetail(job, sweep.Summary.Id, Guid.Empty, attempts ?? [], []) : null));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new StubScheduler(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
