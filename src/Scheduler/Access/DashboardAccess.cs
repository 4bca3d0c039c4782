using Hangfire.Dashboard;

namespace DdpmJobs.Scheduler.Access;

/// <summary>Lets the dashboard serve whom <see cref="AccessGate"/> serves; said here as well because Hangfire's default trusts every local proxy.</summary>
public sealed class DashboardAccess(AccessGate gate) : IDashboardAuthorizationFilter
{
    /// <inheritdoc />
    public bool Authorize(DashboardContext context) => gate.RefusalOf(context.GetHttpContext()) is null;
}
