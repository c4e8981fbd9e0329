using GanFunctions.Core.Sweeps;

namespace GanFunctions.Core.Tests.Sweeps;

public sealed class Successive_halving
{
    [Theory]
    [InlineData(1, 3, 27, new[] { 1, 3, 9, 27 })]
    [InlineData(1, 3, 10, new[] { 1, 3, 10 })]
    [InlineData(2, 2, 5, new[] { 2, 5 })]
    [InlineData(4, 3, 9, new[] { 9 })]
    public void Multiplies_the_epochs_of_a_rung_and_ends_with_all(int first, int factor, int epochs, int[] rungs) =>
        Assert.Equal(rungs, SuccessiveHalving.RungsOf(first, factor, epochs));

    [Fact]
    public void Promotes_the_best_third_of_a_rung_as_soon_as_it_is_known()
    {
        double[] losses = [0, 1, 5, 6, 8, 9, 2, 7, 3, 4];
        var halving = new SuccessiveHalving(9, 3, 3, lowerIsBetter: true);
        List<RungJob> jobs = [];
        while (halving.Next() is { } job)
        {
            jobs.Add(job);
            halving.Record(job, losses[job.Trial]);
        }

        Assert.Equal(
            [(1, 0), (2, 0), (3, 0), (1, 1), (4, 0), (5, 0), (6, 0), (6, 1), (7, 0), (8, 0), (9, 0), (8, 1), (1, 2)],
            jobs.Select(job => (job.Trial, job.Rung)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Promotes_only_from_the_top_and_every_trial_once_whatever_the_order_of_results(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var (trials, rungs, factor, lower) = (random.Next(1, 60), random.Next(1, 5), random.Next(2, 5), random.Next(2) == 0);
            var halving = new SuccessiveHalving(trials, rungs, factor, lower);
            var (running, results, begun) = (new List<RungJob>(), new Dictionary<RungJob, double?>(), new HashSet<RungJob>());
            while (true)
            {
                while (running.Count < 1 + seed * 2 && halving.Next() is { } job)
                {
                    Assert.True(begun.Add(job));
                    if (job.Rung > 0) AssertInTop(new(job.Trial, job.Rung - 1), results, factor, lower);
                    running.Add(job);
                }
                if (running.Count == 0) break;
                var ended = running[random.Next(running.Count)];
                running.Remove(ended);
                results[ended] = random.Next(10) == 0 ? null : random.Next(50); // some fail, and some are equal
                halving.Record(ended, results[ended]);
            }
            Assert.Equal(trials, begun.Count(job => job.Rung == 0));
            AssertNoPromotionIsLeft(results, begun, rungs, factor, lower);
        }
    }

    [Fact]
    public void Continues_where_an_earlier_orchestration_stopped()
    {
        var halving = new SuccessiveHalving(4, 2, 2, lowerIsBetter: false);
        halving.Record(new(1, 0), 5);
        halving.Record(new(2, 0), 7);
        halving.Resume(new(2, 1));
        halving.Resume(new(3, 0));

        List<RungJob?> next = [halving.Next(), halving.Next(), halving.Next(), halving.Next()];

        Assert.Equal([new RungJob(2, 1), new RungJob(3, 0), new RungJob(4, 0), null], next);
    }

    [Fact]
    public void With_one_rung_only_starts_trials()
    {
        var halving = new SuccessiveHalving(3, 1, 3, lowerIsBetter: true);
        for (var trial = 1; trial <= 3; trial++)
        {
            Assert.Equal(new RungJob(trial, 0), halving.Next());
            halving.Record(new(trial, 0), trial);
        }

        Assert.Null(halving.Next());
        Assert.Equal((3, 13), (SuccessiveHalving.JobsOf(3, 1, 3), SuccessiveHalving.JobsOf(9, 3, 3)));
    }

    private static void AssertInTop(RungJob job, Dictionary<RungJob, double?> results, int factor, bool lower)
    {
        var metric = results[job];
        Assert.NotNull(metric);
        var rung = results.Where(result => result.Key.Rung == job.Rung).ToList();
        var better = rung.Count(result => lower ? result.Value < metric : result.Value > metric);
        Assert.True(better < rung.Count / factor, $"{job} is not in the top 1/{factor} of {rung.Count}");
    }

    private static void AssertNoPromotionIsLeft(Dictionary<RungJob, double?> results, HashSet<RungJob> begun, int rungs, int factor, bool lower)
    {
        for (var rung = 0; rung < rungs - 1; rung++)
        {
            var all = results.Where(result => result.Key.Rung == rung).ToList();
            var top = all.Where(result => result.Value is not null).OrderBy(result => lower ? result.Value : -result.Value).ThenBy(result => result.Key.Trial)
                .Take(all.Count / factor);
            Assert.All(top, result => Assert.Contains(new RungJob(result.Key.Trial, rung + 1), begun));
        }
    }
}
