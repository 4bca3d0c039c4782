using System.Globalization;
using Npgsql;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>Servers that go away in the middle of the work and come back: nothing is lost, and no number changes.</summary>
public class OutageTests(PrivateServers servers) : IClassFixture<PrivateServers>
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Postgres_AwayInTheMiddleOfTheTraining_TrainingGoesOnAndNothingIsLost()
    {
        servers.Require();
        const int steps = 1200;
        await using Team team = await Team.CreateAsync(servers.Database("postgres_away"), servers.Broker);
        await team.StartSchedulerAsync();
        team.StartRunner("patient", slots: 2);
        Assert.Equal(0, await team.RunAsync("submit", TinySweep.Write(team.Folder, "away", steps)));

        // Take the database away from two trainings, for longer than their leases last.
        await team.UntilAsync("select 1 where (select count(*) from job where kind = 'train' and state = 'running' and progress_done > 50) = 2");
        await servers.StopAsync("postgres");
        NpgsqlConnection.ClearAllPools();
        await Task.Delay(Outage, TestContext.Current.CancellationToken);
        await servers.StartAsync("postgres");

        Assert.Equal("6", await team.UntilAsync("select count(*) from job where state = 'succeeded' having count(*) = 6"));
        Assert.Equal("6 0", await team.FirstAsync("select count(*) || ' ' || count(*) filter (where ending <> 'succeeded') from attempt"));

        // Points were recorded while no lease could be renewed any more: the training did not wait.
        string ttl = Team.LeaseTtl.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        Assert.NotEqual("0", await team.FirstAsync(
            $"select count(*) from v1.metric_point where at between pg_postmaster_start_time() - interval '{Outage.TotalSeconds - Team.LeaseTtl.TotalSeconds} s' and pg_postmaster_start_time()"));
        Assert.Equal(await Undisturbed.CurvesAsync(steps), await Curves.OfPostgresAsync(team.Postgres));
    }

    [Fact]
    public async Task RabbitMq_AwayFromSubmissionToEnd_SweepCompletesAndConsumersReconnect()
    {
        servers.Require();
        const int steps = 200;
        await using Team team = await Team.CreateAsync(servers.Database("rabbitmq_away"), servers.Broker);
        await team.StartSchedulerAsync();
        CliProcess runner = team.StartRunner("polling", slots: 2);
        await runner.SeenAsync("takes jobs of pool", Team.Limit);

        await servers.StopAsync("rabbitmq");
        try
        {
            Assert.True(await team.RunAsync("submit", TinySweep.Write(team.Folder, "quiet", steps), "--watch") == 0, team.Describe());
        }
        finally
        {
            await servers.StartAsync("rabbitmq");
        }

        Assert.Equal(await Undisturbed.CurvesAsync(steps), await Curves.OfPostgresAsync(team.Postgres));
        await Broker.ConsumerAsync(servers.Broker, "ddpm.train.default", Team.Limit);
    }

    [Fact]
    public async Task Scheduler_KilledAndStartedAgain_RunnersGoOnAndMirrorsAreRight()
    {
        servers.Require();
        const int steps = 500;
        await using Team team = await Team.CreateAsync(servers.Database("scheduler_killed"), servers.Broker);
        CliProcess scheduler = await team.StartSchedulerAsync();
        team.StartRunner("steady", slots: 2);
        Assert.Equal(0, await team.RunAsync("submit", TinySweep.Write(team.Folder, "headless", steps)));

        await team.UntilAsync("select 1 where (select count(*) from job where kind = 'train' and state = 'running' and progress_done > 20) = 2");
        scheduler.KillHard();
        string before = (await team.FirstAsync("select min(progress_done) from job where kind = 'train'"))!;
        await team.UntilAsync($"select 1 from job where kind = 'train' having min(progress_done) > {before} + 50");
        await team.StartSchedulerAsync();

        Assert.Equal("6", await team.UntilAsync("select count(*) from job where state = 'succeeded' having count(*) = 6"));
        Assert.Equal("0", await team.FirstAsync("select count(*) from attempt where ending <> 'succeeded'"));
        await team.UntilAsync(
            "select 1 from job j left join hangfire.job m on m.id::text = j.mirror_id having count(*) = 6 and count(*) filter (where lower(m.statename) = j.state) = 6");
        Assert.Equal("6", await team.FirstAsync("select count(*) from hangfire.job where invocationdata::text like '%JobMirror%'"));
        Assert.Equal(await Undisturbed.CurvesAsync(steps), await Curves.OfPostgresAsync(team.Postgres));
    }

    [Fact]
    public async Task Runner_TerminatedThenSweepCancelledThenRetried_EndsAsIfUndisturbed()
    {
        servers.Require();
        const int steps = 500;
        await using Team team = await Team.CreateAsync(servers.Database("operations"), servers.Broker);
        await team.StartSchedulerAsync();
        CliProcess first = team.StartRunner("first", slots: 2);
        Assert.Equal(0, await team.RunAsync("submit", TinySweep.Write(team.Folder, "operated", steps)));

        // SIGTERM: both trainings come back with a checkpoint of where they were, and nothing is counted against them.
        const string bothTrain = "select 1 where (select count(*) from job where kind = 'train' and state = 'running' and progress_done > ";
        await team.UntilAsync(bothTrain + "20) = 2");
        first.Terminate();
        Assert.True(await first.EndAsync(TimeSpan.FromSeconds(60)) == 0, first.Describe());
        Assert.Equal("2 0", await team.FirstAsync("select count(*) || ' ' || sum(j.attempts_counted) from attempt a join job j on j.id = a.job_id where a.ending = 'handed_back' and j.state = 'ready'"));
        Assert.Equal("2", await team.FirstAsync("select count(*) from job j where kind = 'train' and (select max(step) from artifact a where a.run_id = j.run_id and a.kind = 'checkpoint') >= j.progress_done"));

        // Cancel by the command line: the trainings stop, and what would have followed is skipped.
        team.StartRunner("second", slots: 2);
        string resumed = (await team.FirstAsync("select max(progress_done) from job where kind = 'train'"))!;
        await team.UntilAsync($"{bothTrain}{resumed} + 5) = 2");
        Assert.Equal(0, await team.RunAsync("cancel", "operated"));
        await team.UntilAsync("select 1 from job having count(*) filter (where state = 'cancelled') >= 2 and count(*) filter (where state in ('cancelled', 'skipped')) = 6");

        Assert.Equal(0, await team.RunAsync("retry", "operated"));
        Assert.True(await team.RunAsync("watch", "operated") == 0, team.Describe());
        Assert.Equal(await Undisturbed.CurvesAsync(steps), await Curves.OfPostgresAsync(team.Postgres));
    }
}
