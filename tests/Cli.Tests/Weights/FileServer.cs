using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.Cli.Tests.Weights;

/// <summary>Serves one file on a free loopback port, at any path.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FileServer(WebApplication app) => _app = app;

    /// <summary>The ranges that were asked for; empty where the whole file was.</summary>
    public List<string> Ranges { get; } = [];

    public Uri At(string name) => new($"{_app.Urls.First()}/files/{name}");

    /// <param name="content">The file.</param>
    /// <param name="knowsRanges">Whether it sends parts.</param>
    /// <param name="breaksAfter">Bytes of an answer after which it breaks off, once; null for never.</param>
    /// <param name="shift">How far from the place asked for its parts begin.</param>
    public static async Task<FileServer> StartAsync(byte[] content, bool knowsRanges = true, int? breaksAfter = null, int shift = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        FileServer server = new(builder.Build());
        server._app.MapGet("/files/{name}", async (HttpContext context, string name) =>
        {
            if (name == "none")
            {
                context.Response.StatusCode = (int)HttpStatusCode.NotFound;
                return;
            }

            string range = context.Request.Headers.Range.ToString();
            server.Ranges.Add(range);
            int from = knowsRanges && range.Length > 0 ? int.Parse(range["bytes=".Length..^1]) + shift : 0;
            if (knowsRanges && range.Length > 0)
            {
                context.Response.StatusCode = (int)HttpStatusCode.PartialContent;
                context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
            }

            context.Response.ContentLength = content.Length - from;
            int length = breaksAfter ?? content.Length - from;
            await context.Response.Body.WriteAsync(content.AsMemory(from, length));
            if (breaksAfter is not null)
            {
                breaksAfter = null;
                await context.Response.Body.FlushAsync();
                context.Abort();
            }
        });
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
