using System.Net;
using System.Net.Http.Headers;
using System.Text;
using DdpmJobs.Scheduler.Tests.Hosting;

namespace DdpmJobs.Scheduler.Tests.Access;

public sealed class AccessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer wrong", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer secret", HttpStatusCode.OK)]
    [InlineData("Basic anyone:secret", HttpStatusCode.OK)]
    [InlineData("Basic anyone:", HttpStatusCode.Unauthorized)]
    [InlineData("Basic ***", HttpStatusCode.Unauthorized)]
    public async Task Request_WithAToken_IsServedToWhoShowsIt(string authorization, HttpStatusCode expected)
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync("secret");
        foreach (string path in new[] { "/api/v1/sweeps", "/hangfire/sweeps", "/hangfire" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (authorization.Contains(':', StringComparison.Ordinal))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(authorization[6..])));
            }
            else if (authorization.Length > 0)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            using HttpResponseMessage response = await host.Client.SendAsync(request, Cancel);

            Assert.Equal(expected, response.StatusCode);
            Assert.Equal(expected == HttpStatusCode.Unauthorized, response.Headers.WwwAuthenticate.Count > 0);
        }
    }

    [Fact]
    public async Task Health_WithAToken_IsOpen()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync("secret");

        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/health", Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("[::1]", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1.evil.example", HttpStatusCode.Forbidden)]
    public async Task Request_UnderAReboundName_IsRefusedWithoutAToken(string name, HttpStatusCode expected)
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sweeps");
        request.Headers.Host = name;

        Assert.Equal(expected, (await host.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("own", HttpStatusCode.NotFound)]
    public async Task Post_FromAnotherSitesPage_IsRefused(string origin, HttpStatusCode expected)
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/sweeps/nothing/cancel");
        request.Headers.Add("Origin", origin == "own" ? host.Client.BaseAddress!.GetLeftPart(UriPartial.Authority) : origin);

        Assert.Equal(expected, (await host.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Start_OpenAddressWithoutAToken_IsRefusedWithTheWayOut()
    {
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => SchedulerHost.StartAsync(url: "http://0.0.0.0:0"));

        Assert.Contains("DDPM__Scheduler__Token", e.Message, StringComparison.Ordinal);
    }
}
