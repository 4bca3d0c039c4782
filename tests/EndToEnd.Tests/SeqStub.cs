using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>Takes events as Seq does: POST, one compact JSON object a line.</summary>
internal sealed class SeqStub : IDisposable
{
    private readonly HttpListener _listener = new();

    /// <summary>Starts to listen.</summary>
    public SeqStub()
    {
        Url = $"http://127.0.0.1:{CliProcess.FreePort()}/";
        _listener.Prefixes.Add(Url);
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    /// <summary>What came.</summary>
    public ConcurrentQueue<JsonObject> Events { get; } = new();

    /// <summary>The API key of each request.</summary>
    public ConcurrentQueue<string> Keys { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                while (await reader.ReadLineAsync() is { } line)
                {
                    if (line.Length > 0)
                        Events.Enqueue(JsonNode.Parse(line)!.AsObject());
                }

                Keys.Enqueue(context.Request.Headers["X-Seq-ApiKey"] ?? "");
                context.Response.StatusCode = (int)HttpStatusCode.Created;
                await context.Response.OutputStream.WriteAsync("{}"u8.ToArray());
                context.Response.Close();
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // closed
        }
    }
}
