using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Tracking.Tests.Jobs;

public class BackoffTests
{
    [Fact]
    public void After_ManyJobs_SpreadsUpToTheDoubledTermAndNoFurther()
    {
        var options = new LeaseOptions();
        for (int attempts = 1; attempts <= 12; attempts++)
        {
            double term = Math.Min(10 * Math.Pow(2, attempts - 1), 900);
            double[] waits = [.. Enumerable.Range(0, 500).Select(_ => Backoff.After(options, Guid.CreateVersion7(), attempts).TotalSeconds)];
            Assert.All(waits, wait => Assert.InRange(wait, 0, term));
            Assert.InRange(waits.Average(), 0.4 * term, 0.6 * term);
        }
    }
}
