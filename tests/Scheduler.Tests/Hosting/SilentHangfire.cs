using Hangfire.Logging;

namespace DdpmJobs.Scheduler.Tests.Hosting;

/// <summary>Says nothing of what Hangfire logs, whichever host is there or gone.</summary>
internal sealed class SilentHangfire : ILogProvider, ILog
{
    public ILog GetLogger(string name) => this;

    public bool Log(LogLevel logLevel, Func<string> messageFunc, Exception? exception = null) => false;
}
