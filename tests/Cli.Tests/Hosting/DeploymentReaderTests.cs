using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Hosting;

namespace DdpmJobs.Cli.Tests.Hosting;

public class DeploymentReaderTests
{
    private static Deployment Read(string name, string value) => DeploymentReader.Read(new Dictionary<string, string> { [name] = value, ["PATH"] = "/bin" });

    [Fact]
    public void Read_KnownSettings_ReachTheirOptions()
    {
        Assert.Equal("Host=db", Read("DDPM__Postgres", "Host=db").Endpoints.Postgres);
        Assert.Equal("s", Read("DDPM__Scheduler__Token", "s").Scheduler.Token);
        Assert.Equal("http://x:1", Read("DDPM__Scheduler__Url", "http://x:1").Listen.Url);
        Assert.Equal(3, Read("DDPM__Runner__Slots", "3").Runner.Slots);
        Assert.Equal(TimeSpan.FromSeconds(6), Read("DDPM__Lease__Ttl", "00:00:06").Lease.Ttl);
        Assert.Equal("/a", Read("DDPM__Artifacts__Folder", "/a").Artifacts.Folder);
    }

    [Fact]
    public void Read_MisspelledSetting_IsRefusedWithTheNearest()
    {
        CliException error = Assert.Throws<CliException>(() => Read("DDPM__Runner__Slotz", "3"));
        Assert.Contains("DDPM__Runner__Slotz", error.Message);
        Assert.Contains("did you mean \"DDPM__Runner__Slots\"?", error.Message);
    }

    [Theory]
    [InlineData("DDPM__Runner__Slots", "many", "whole number")]
    [InlineData("DDPM__Lease__Ttl", "45", "hours:minutes:seconds")]
    [InlineData("DDPM__Lease__Ttl", "-00:00:45", "positive")]
    public void Read_WrongType_IsRefusedWithTheValue(string name, string value, string words)
    {
        CliException error = Assert.Throws<CliException>(() => Read(name, value));
        Assert.Contains(name, error.Message);
        Assert.Contains(words, error.Message);
        Assert.Contains($"'{value}'", error.Message);
    }

    [Fact]
    public void Parse_BrokerAddressThatIsNone_DoesNotShowIt()
    {
        CliException error = Assert.Throws<CliException>(() => BrokerAddress.Parse("http://ddpm:secret@host"));
        Assert.DoesNotContain("secret", error.Message);
        Assert.Contains("amqp://", error.Message);
    }

    [Fact]
    public async Task RequireAsync_NoBroker_NamesItsAddressWithoutThePassword()
    {
        CliException error = await Assert.ThrowsAsync<CliException>(
            () => BrokerAddress.Parse("amqp://ddpm:secret@127.0.0.1:1/").RequireAsync(TestContext.Current.CancellationToken));
        Assert.Contains("127.0.0.1:1 does not answer", error.Message);
        Assert.DoesNotContain("secret", error.Message);
    }
}
