using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Checkpoints;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Runs;

public sealed class A_round_of_several_workers(AzuriteFixture azurite)
{
    private const int Batch = 4; // two pictures for each worker
    private const int Steps = 5; // of an epoch
    private const int RoundSteps = 3;
    private const string First = "000-00001-000000"; // the position of the initial networks, which the first round begins at
    private static readonly TrainingOptions Small = new()
    {
        Preset = Preset.Compact,
        WidthMultiplier = NetworkFamilies.MinWidth,
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Epochs = 1,
        ImagesPerEpoch = Steps * Batch,
        BatchSize = Batch,
        Workers = 2,
        RoundSteps = RoundSteps,
        LogEvery = 1,
        Threads = 1,
        QualitySamples = 0,
    };

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 0, 25)] // the first rounds are short
    [InlineData(1, 480, 500)] // the end of the epoch
    [InlineData(2, 0, 125)] // a quarter of the steps before
    [InlineData(2, 100, 250)]
    [InlineData(9, 100, 300)] // at most roundSteps
    public void Is_longer_the_longer_they_have_trained_together(int epoch, int step, int end)
    {
        Assert.Equal(end, Round.EndOf(Commits.Position(epoch, step, stepsPerEpoch: 500), new TrainingOptions { RoundSteps = 200 }));
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "0 1 2 3")]
    public async Task Begins_with_the_networks_that_one_worker_would_begin_with(bool conditional, string? classes)
    {
        using var bench = await TrainingBench.CreateAsync(azurite, _time);
        var options = Small with { Conditional = conditional };
        await bench.StartAsync("a", options);

        Assert.Equal(new SliceResult(SliceOutcome.Continue, 0, 0), await MergeAsync(bench));

        var (data, latest) = (await bench.Steps.LoadDatasetAsync(TrainingBench.Bars, Cancellation), await bench.LatestAsync("a"));
        using var live = new LiveTraining(options, TrainingCursor.Beginning("a", 0, options, data), last: null, data);
        var (generator, training) = live.Save();
        Assert.Equal((First, BlobReference.Of(generator), BlobReference.Of(training)), (latest.Name, latest.Generator, latest.Training));
        var row = await RowAsync(bench);
        Assert.Equal((Phase.Waiting, First, Steps), (row.Phase, row.Checkpoint, row.StepsPerEpoch));
        Assert.Equal(classes, row.Classes is { } named ? string.Join(' ', named.Select(each => each.Label)) : null);
    }

    [Fact]
    public async Task Begins_with_the_weights_of_the_run_that_it_starts_from()
    {
        using var bench = await TrainingBench.CreateAsync(azurite, _time);
        await bench.TrainToTheEndAsync(await bench.StartAsync("source", Small with { Workers = 1 }));
        await bench.StartFromAsync("a", Small with { Seed = 7 }, new("source"));

        await MergeAsync(bench);

        Assert.Equal((await bench.LatestAsync("source")).Generator, (await bench.LatestAsync("a")).Generator);
    }

    [Theory]
    [InlineData(Desired.Pause, SliceOutcome.Paused)]
    [InlineData(Desired.Cancel, SliceOutcome.Cancelled)]
    public async Task Does_not_begin_when_the_user_wants_the_run_to_stop(Desired desired, SliceOutcome outcome)
    {
        using var bench = await TrainingBench.CreateAsync(azurite, _time);
        await bench.StartAsync("a", Small);
        await bench.ChangeAsync("a", row => row.Desired = desired);

        Assert.Equal(outcome, (await MergeAsync(bench)).Outcome);

        Assert.Empty(await bench.Checkpoints.ListAsync("a", Cancellation));
    }

    [Fact]
    public async Task Is_trained_by_each_worker_to_its_end_and_only_once()
    {
        using var bench = await BegunAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        var now = _time.GetUtcNow();

        Assert.Equal(new ShardResult(now, RoundSteps, null), await TrainAsync(bench, worker: 1));

        Assert.Equal([(1, RoundSteps)], await ReachedAsync(bench));
        Assert.Empty(await bench.Losses.ReadAsync("a", Cancellation).ToListAsync(Cancellation));
        Assert.Equal(0, (await RowAsync(bench)).Step);
        Assert.Equal(new ShardResult(now, 0, null), await TrainAsync(bench, worker: 1));

        Assert.Equal(RoundSteps, (await TrainAsync(bench, worker: 0)).Steps);

        Assert.Equal([(0, RoundSteps), (1, RoundSteps)], await ReachedAsync(bench));
        var rows = await bench.Losses.ReadAsync("a", Cancellation).ToListAsync(Cancellation); // worker 0 logs for all
        Assert.Equal([1, 2, 3], rows.Select(row => row.Step()!.Value));
        Assert.All(rows, row => Assert.Null(row.ImagesPerSecond)); // which only the merge knows
        Assert.Equal((RoundSteps, Phase.Training), ((await RowAsync(bench)).Step, (await RowAsync(bench)).Phase));
    }

    [Fact]
    public async Task Is_trained_step_by_step_where_the_time_is_short_with_the_same_result()
    {
        using var bench = await BegunAsync();
        await TrainAsync(bench, worker: 0);
        var whole = await ShardAsync(bench, 0);
        await bench.Container.DeleteBlobAsync(RunPaths.Shard("a", First, 0, RoundSteps), cancellationToken: Cancellation);
        _time.AutoAdvanceAmount = TimeSpan.FromMinutes(1);

        for (var step = 1; step <= RoundSteps; step++)
        {
            Assert.Equal(1, (await TrainAsync(bench, worker: 0, maxSeconds: 30)).Steps);
            Assert.Equal([(0, step)], await ReachedAsync(bench));
        }

        Assert.Equal(whole.Manifest, (await ShardAsync(bench, 0)).Manifest);
        Assert.Equal(0, (await TrainAsync(bench, worker: 0, maxSeconds: 30)).Steps);
    }

    [Theory]
    [InlineData(3000, RoundSteps)]
    [InlineData(1, 1)]
    public async Task Divides_the_time_of_a_slice_among_the_workers(int maxSeconds, int steps)
    {
        using var bench = await BegunAsync();
        _time.AutoAdvanceAmount = TimeSpan.FromSeconds(1);

        Assert.Equal(steps, (await TrainAsync(bench, worker: 0, maxSeconds)).Steps);
    }

    [Fact]
    public async Task Is_not_trained_before_the_first_checkpoint_nor_by_another_orchestration_nor_when_the_run_is_to_stop()
    {
        using var bench = await TrainingBench.CreateAsync(azurite, _time);
        await bench.StartAsync("a", Small);
        var nothing = new ShardResult(_time.GetUtcNow(), 0, null);
        Assert.Equal(nothing, await TrainAsync(bench, worker: 0));
        await MergeAsync(bench);

        Assert.Equal(nothing, await bench.Rounds.TrainShardAsync(new("a", "two", 0, Worker: 0), Cancellation));
        await bench.ChangeAsync("a", row => row.Desired = Desired.Pause);
        Assert.Equal(nothing, await TrainAsync(bench, worker: 0));

        Assert.Empty(await ReachedAsync(bench));
    }

    [Fact]
    public async Task Is_merged_when_all_have_trained_it_into_the_mean_of_their_networks()
    {
        using var bench = await BegunAsync();
        await TrainAsync(bench, worker: 0);
        Assert.Equal(SliceOutcome.Continue, (await MergeAsync(bench)).Outcome);
        Assert.Equal(First, (await bench.LatestAsync("a")).Name);
        await TrainAsync(bench, worker: 1);
        var (first, second) = (await ShardAsync(bench, 0), await ShardAsync(bench, 1));
        using var mean = new StateAverage();
        mean.Add(first.Generator!, first.Training!);
        mean.Add(second.Generator!, second.Training!);

        Assert.Equal(new SliceResult(SliceOutcome.Continue, 0, 0), await MergeAsync(bench));

        var latest = await bench.LatestAsync("a");
        Assert.Equal(("000-00001-000003", BlobReference.Of(mean.ToFiles().Generator)), (latest.Name, latest.Generator));
        Assert.Equal((first.Manifest.EpochSums + second.Manifest.EpochSums) / 2, latest.EpochSums);
        Assert.Empty(await ReachedAsync(bench)); // nothing of the round is left
        Assert.Equal(2, (await TrainAsync(bench, worker: 0)).Steps); // the rest of the epoch
    }

    [Theory]
    [InlineData(3, 3, 6.0)] // six shards of two pictures in two seconds
    [InlineData(3, 0, 3.0)]
    [InlineData(0, 0, 0.5)] // trained before: the speed that the run had
    public async Task Has_the_speed_of_all_workers_together(int first, int second, double speed)
    {
        using var bench = await BegunAsync();
        foreach (var worker in (int[])[0, 1]) await TrainAsync(bench, worker);
        await bench.ChangeAsync("a", row => row.ImagesPerSecond = 0.5);
        var begun = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(2));

        await MergeAsync(bench, new(begun.AddSeconds(1), first, null), new(begun, second, null));

        Assert.Equal(speed, (await RowAsync(bench)).ImagesPerSecond);
    }

    [Fact]
    public async Task Is_not_stored_where_it_diverges()
    {
        using var bench = await BegunAsync(Small with { LearningRate = 1000, AdamEpsilon = 1e-12, Beta2 = 0, ImagesPerEpoch = 100 * Batch, RoundSteps = 100 });

        var result = await TrainAsync(bench, worker: 1);

        Assert.Matches("^a (loss|weight) is NaN or infinite .*epoch 1, step \\d+", result.Divergence);
        Assert.Empty(await ReachedAsync(bench));
    }

    [Theory]
    [InlineData(DivergencePolicy.RollBack, SliceOutcome.Continue, 1, null)]
    [InlineData(DivergencePolicy.Fail, SliceOutcome.Diverged, 0, "The training diverged: it is NaN.")]
    public async Task That_diverges_is_not_merged(DivergencePolicy policy, SliceOutcome outcome, int attempt, string? reason)
    {
        using var bench = await BegunAsync(Small with { OnDivergence = policy });
        foreach (var worker in (int[])[0, 1]) await TrainAsync(bench, worker);
        var now = _time.GetUtcNow();

        Assert.Equal(new SliceResult(outcome, attempt, 0, reason), await MergeAsync(bench, new ShardResult(now, 3, null), new(now, 2, "it is NaN")));

        Assert.Equal(First, (await bench.LatestAsync("a")).Name);
    }

    [Fact]
    public async Task Begins_again_with_other_networks_after_a_rollback()
    {
        using var bench = await BegunAsync();
        var first = await bench.LatestAsync("a");

        Assert.Equal(SliceOutcome.Continue, (await bench.Rounds.MergeAsync(new("a", "one", 1, []), Cancellation)).Outcome);

        var again = await bench.LatestAsync("a");
        Assert.Equal("001-00001-000000", again.Name);
        Assert.NotEqual(first.Generator, again.Generator); // the same would diverge again
        Assert.Equal(RoundSteps, (await bench.Rounds.TrainShardAsync(new("a", "one", 1, Worker: 0), Cancellation)).Steps);
        Assert.Equal([(0, RoundSteps)], await ReachedAsync(bench, again.Name));
    }

    [Fact]
    public async Task Leaves_nothing_behind_when_it_was_the_last()
    {
        using var bench = await BegunAsync(Small with { RoundSteps = Steps });
        foreach (var worker in (int[])[0, 1]) await TrainAsync(bench, worker);
        var shard = await ShardAsync(bench, 0, Steps);

        Assert.Equal(new SliceResult(SliceOutcome.Completed, 0, 1), await MergeAsync(bench));

        Assert.Empty(await ReachedAsync(bench));
        var row = Assert.Single(await bench.Losses.ReadAsync("a", Cancellation).ToListAsync(Cancellation), row => row.Step() is null);
        Assert.Equal((await bench.LatestAsync("a")).MeanLosses.Generator, row.GeneratorLoss);

        // A worker that was killed between its commit and this removal
        await bench.Shards.SaveAsync(First, 0, shard.Manifest, shard.Generator!, shard.Training!, Cancellation);
        await bench.ChangeAsync("a", row => row.Phase = Phase.Waiting);
        Assert.Equal(SliceOutcome.Completed, (await MergeAsync(bench)).Outcome);
        Assert.Empty(await ReachedAsync(bench));
    }

    private async Task<TrainingBench> BegunAsync(TrainingOptions? options = null)
    {
        var bench = await TrainingBench.CreateAsync(azurite, _time);
        await bench.StartAsync("a", options ?? Small);
        await MergeAsync(bench);
        return bench;
    }

    private static Task<SliceResult> MergeAsync(TrainingBench bench, params ShardResult[] results) =>
        bench.Rounds.MergeAsync(new("a", "one", 0, results), Cancellation);

    private static Task<ShardResult> TrainAsync(TrainingBench bench, int worker, double? maxSeconds = null) =>
        bench.Rounds.TrainShardAsync(new("a", "one", 0, worker, maxSeconds), Cancellation);

    private static async Task<IEnumerable<(int Worker, int Step)>> ReachedAsync(TrainingBench bench, string round = First) =>
        (await bench.Shards.ListAsync("a", round, Cancellation)).Select(each => (each.Key, each.Value)).Order();

    private static async Task<Checkpoint> ShardAsync(TrainingBench bench, int worker, int step = RoundSteps) =>
        (await bench.Shards.TryLoadAsync("a", First, worker, step, Cancellation))!;

    private static async Task<RunRow> RowAsync(TrainingBench bench) => (await bench.Runs.FindAsync("a", Cancellation))!;
}
