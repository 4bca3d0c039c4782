using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Client;

/// <summary>Asks a scheduler over its HTTP API.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(100);

    private readonly HttpClient _http;

    /// <param name="server">Its address.</param>
    /// <param name="token">The secret to show; empty for none.</param>
    public ApiClient(Uri server, string token)
    {
        Server = server;

        // A scheduler on loopback is not behind a proxy, whatever http_proxy says.
        SocketsHttpHandler handler = new() { UseProxy = !server.IsLoopback, ConnectTimeout = TimeSpan.FromSeconds(10) };
        _http = new HttpClient(handler) { BaseAddress = new Uri(server, "/"), Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.TryAddWithoutValidation("X-Ddpm-User", Environment.UserName);
        if (token.Length > 0)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>Its address.</summary>
    public Uri Server { get; }

    /// <summary>A client of the address that a person gave.</summary>
    /// <exception cref="CliException">It is no address.</exception>
    public static ApiClient Of(string server, string token)
        => Uri.TryCreate(server, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? new ApiClient(uri, token)
            : throw new CliException($"'{server}' is not a server's address, such as http://127.0.0.1:5080; correct --server or DDPM__Server.");

    /// <summary>Submits a sweep's text, with the contents of uploaded checkpoints.</summary>
    public Task<SubmitReply> SubmitAsync(string yaml, string fileName, IReadOnlyList<string> checkpoints, CancellationToken cancel)
    {
        StringContent content = new(yaml, Encoding.UTF8, "application/yaml");
        string query = string.Concat(checkpoints.Select(sha256 => $"&checkpoint={sha256}"));
        return AskAsync<SubmitReply>(HttpMethod.Post, $"api/v1/sweeps?file={Uri.EscapeDataString(fileName)}{query}", content, cancel);
    }

    /// <summary>Sends a checkpoint that a sweep is then submitted with.</summary>
    public async Task<CheckpointReply> UploadCheckpointAsync(string file, CancellationToken cancel)
    {
        await using FileStream stream = File.OpenRead(file);
        return await AskAsync<CheckpointReply>(HttpMethod.Post, "api/v1/checkpoints", new StreamContent(stream), cancel);
    }

    /// <summary>The newest sweeps.</summary>
    public Task<IReadOnlyList<SweepSummary>> SweepsAsync(int limit, CancellationToken cancel) => GetAsync<IReadOnlyList<SweepSummary>>($"api/v1/sweeps?limit={limit}", cancel);

    /// <summary>A sweep by its id, the beginning of it, or its name.</summary>
    public Task<SweepDetail> SweepAsync(string sweep, CancellationToken cancel) => GetAsync<SweepDetail>($"api/v1/sweeps/{Uri.EscapeDataString(sweep)}", cancel);

    /// <summary>A run.</summary>
    public Task<RunDetail> RunAsync(Guid run, CancellationToken cancel) => GetAsync<RunDetail>($"api/v1/runs/{run}", cancel);

    /// <summary>A job with its attempts.</summary>
    public Task<JobDetail> JobAsync(Guid job, CancellationToken cancel) => GetAsync<JobDetail>($"api/v1/jobs/{job}", cancel);

    /// <summary>Runner processes.</summary>
    public Task<IReadOnlyList<RunnerView>> RunnersAsync(CancellationToken cancel) => GetAsync<IReadOnlyList<RunnerView>>("api/v1/runners", cancel);

    /// <summary>Names of a run's metrics.</summary>
    public Task<IReadOnlyList<string>> MetricNamesAsync(Guid run, CancellationToken cancel) => GetAsync<IReadOnlyList<string>>($"api/v1/runs/{run}/metrics", cancel);

    /// <summary>A curve.</summary>
    public Task<IReadOnlyList<PointView>> PointsAsync(Guid run, string metric, CancellationToken cancel)
        => GetAsync<IReadOnlyList<PointView>>($"api/v1/runs/{run}/metrics/{string.Join('/', metric.Split('/').Select(Uri.EscapeDataString))}", cancel);

    /// <summary>Stops or retries a sweep.</summary>
    public Task<RequestReply> AskSweepAsync(string sweep, string request, CancellationToken cancel) => AskAsync<RequestReply>(HttpMethod.Post, $"api/v1/sweeps/{Uri.EscapeDataString(sweep)}/{request}", null, cancel);

    /// <summary>Stops or retries a job.</summary>
    public Task<RequestReply> AskJobAsync(Guid job, string request, CancellationToken cancel) => AskAsync<RequestReply>(HttpMethod.Post, $"api/v1/jobs/{job}/{request}", null, cancel);

    /// <summary>Writes an artifact's content to a file, whole or not at all.</summary>
    public async Task DownloadAsync(Guid artifact, string file, CancellationToken cancel)
    {
        using HttpResponseMessage reply = await SendAsync(new HttpRequestMessage(HttpMethod.Get, $"api/v1/artifacts/{artifact}"), cancel);
        string partial = file + ".partial";
        await using (FileStream stream = File.Create(partial))
        {
            await reply.Content.CopyToAsync(stream, cancel);
        }

        File.Move(partial, file, overwrite: true);
    }

    public void Dispose() => _http.Dispose();

    private Task<T> GetAsync<T>(string path, CancellationToken cancel) => AskAsync<T>(HttpMethod.Get, path, null, cancel);

    private async Task<T> AskAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken cancel)
    {
        using HttpResponseMessage reply = await SendAsync(new HttpRequestMessage(method, path) { Content = content }, cancel);
        try
        {
            return await reply.Content.ReadFromJsonAsync<T>(ApiJson.Options, cancel) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new ServerException($"{Server} answers what this program does not understand; is it a ddpm scheduler of the same version?", reply.StatusCode, e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        HttpResponseMessage reply;
        try
        {
            // An upload takes as long as it takes; any other question has an answer soon.
            using CancellationTokenSource answer = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            answer.CancelAfter(request.Content is StreamContent ? Timeout.InfiniteTimeSpan : LongestAnswer);
            using (request)
            {
                reply = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, answer.Token);
            }
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            string why = e is TaskCanceledException ? "no answer in time" : e.Message.TrimEnd('.');
            throw new ServerException($"no scheduler answers at {Server} ({why}); start one with 'ddpm up', or name another with --server or DDPM__Server.", null, e);
        }

        if (reply.IsSuccessStatusCode)
        {
            return reply;
        }

        using (reply)
        {
            throw new ServerException(await RefusalAsync(reply, cancel), reply.StatusCode, null);
        }
    }

    private async Task<string> RefusalAsync(HttpResponseMessage reply, CancellationToken cancel)
    {
        if (reply.StatusCode == HttpStatusCode.Unauthorized)
        {
            return $"{Server} asks for a token; set DDPM__Token to the value of the scheduler's DDPM__Scheduler__Token.";
        }

        try
        {
            JsonElement problem = await reply.Content.ReadFromJsonAsync<JsonElement>(cancel);
            if (problem.TryGetProperty("detail", out JsonElement detail) && detail.GetString() is { Length: > 0 } sentence)
            {
                return sentence;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not one of our answers; the status is all there is to say.
        }

        return $"{Server} answers {(int)reply.StatusCode} {reply.ReasonPhrase}; is it a ddpm scheduler?";
    }
}
