namespace DdpmJobs.Cli.Tests.Watching;

/// <summary>A clock that a test moves.</summary>
internal sealed class HandClock : TimeProvider
{
    public long Seconds { get; set; }

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => Seconds;
}
