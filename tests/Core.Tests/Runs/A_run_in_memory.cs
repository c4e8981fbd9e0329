using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Quality;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Runs;

public sealed class A_run_in_memory
{
    private const int Steps = 4; // of an epoch
    private static readonly Dataset Data = Bars.Of(Steps * 2);
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 0, 0, 0, TimeSpan.Zero);
    private static readonly TrainingOptions Options = new()
    {
        Preset = Preset.Compact,
        Precision = Precision.Fp32,
        WidthMultiplier = NetworkFamilies.MinWidth,
        Epochs = 2,
        BatchSize = 2,
        LearningRate = 0.0008,
        LearningRateDecay = 1,
        LogEvery = 3,
        Threads = 1,
    };

    [Theory]
    [InlineData(0, 1, 0, 0.0008)]
    [InlineData(0, 1, 1, 0.0008 / 1.25)]
    [InlineData(0, 2, 2, 0.0008 / 2.5)]
    [InlineData(1, 1, 0, 0.0004)]
    [InlineData(3, 2, 0, 0.00005)]
    public Task Learns_by_half_after_each_rollback_and_less_from_step_to_step(int attempt, int epoch, int step, double rate) => OnItsThreadAsync(() =>
    {
        using var live = Live(Options, attempt, epoch, step);
        Step(live);
        Assert.Equal(rate, live.Networks.GeneratorOptimiser.LearningRate, 1e-12);
        Assert.Equal(rate, live.Networks.DiscriminatorOptimiser.LearningRate, 1e-12);
    });

    [Theory]
    [InlineData(1, 0.0004)]
    [InlineData(2, 0.0002)]
    public Task Learns_from_a_checkpoint_as_before_unless_it_was_rolled_back_since_then(int attempt, double rate) => OnItsThreadAsync(() =>
    {
        using var first = Live(Options, attempt: 1);
        var (last, start) = (Saved(first), Start(Options, attempt, 1, 0));
        using var live = new LiveTraining(Options, start, last, Data);
        Step(live);
        Assert.Equal(rate, live.Networks.GeneratorOptimiser.LearningRate, 1e-12);
    });

    [Theory]
    [InlineData(Preset.Compact)]
    [InlineData(Preset.Tutorial)]
    public Task Is_trained_by_the_step_of_its_preset(Preset preset) => OnItsThreadAsync(() =>
    {
        var options = Options with { Preset = preset, LearningRateDecay = 0 };
        using var live = Live(options);
        using var networks = new GanNetworks(options, Precision.Fp32, new RunRandom(options.Seed, 0), Data.Train.Shape, ClassLabels.None);
        var (random, pictures) = (new RunRandom(options.Seed, 0), live.Pictures(Data.Train));

        var losses = live.Step(pictures);

        var (draw, batch) = (new StepRandom(random, 1, 0), pictures.Batch(0));
        Assert.Equal(preset == Preset.Tutorial ? TutorialStep.Run(networks, options, draw, batch) : GanStep.Run(networks, options, draw, batch), losses);
        Assert.Equal((1, losses), (live.Position.Step, live.Position.EpochSums));
        pictures.Dispose();
    });

    [Theory]
    [InlineData(true, new byte[] { 0, 1, 2, 3 })]
    [InlineData(false, new byte[0])]
    public Task Has_the_classes_of_its_data_set_if_it_is_conditional(bool conditional, byte[] classes) => OnItsThreadAsync(() =>
    {
        using var live = Live(Options with { Conditional = conditional });
        Assert.Equal(classes, live.Networks.Generator.Labels);
    });

    [Fact]
    public Task Starts_from_the_weights_of_another_run() => OnItsThreadAsync(() =>
    {
        using var other = Live(Options with { Seed = 9 });
        Step(other);
        var (generator, training) = other.Save();
        using var live = new LiveTraining(Options, Start(Options, 0, 1, 0), last: null, Data, (generator, training));
        Assert.Equal(BlobReference.Of(generator), BlobReference.Of(live.Save().Generator));
    });

    [Fact]
    public Task Refuses_weights_that_do_not_fit_its_networks() => OnItsThreadAsync(() =>
    {
        var options = Options with { InitFrom = new("other", 3, null, null) };
        using var other = Live(Options with { WidthMultiplier = 2 * NetworkFamilies.MinWidth });
        var (generator, training) = other.Save();
        var refusal = Assert.Throws<RunRefusedException>(() => new LiveTraining(options, Start(options, 0, 1, 0), null, Data, (generator, training)));
        Assert.StartsWith("The run cannot start from ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("other", refusal.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Tells_where_its_networks_came_from() => OnItsThreadAsync(() =>
    {
        using var live = Live(Options);
        Assert.Equal("from the beginning", live.Source);
        Step(live);
        Assert.Equal("from the last checkpoint", live.Source);
        live.MarkCommitted(Saved(live).Manifest);
        Assert.Equal("from memory", live.Source);
        using var rolledBack = Live(Options, attempt: 1);
        Assert.Equal("from the last checkpoint", rolledBack.Source);
        using var second = Live(Options, epoch: 2);
        Assert.Equal("from the last checkpoint", second.Source);
        var from = new InitFrom("other", 3, null, null);
        using var tuned = Live(Options with { InitFrom = from });
        Assert.Equal($"from {from}", tuned.Source);
    });

    [Fact]
    public Task Continues_from_nothing_but_the_checkpoint_that_it_was_saved_as() => OnItsThreadAsync(() =>
    {
        using var live = Live(Options, attempt: 1);
        var saved = Saved(live).Manifest;
        Assert.False(live.ContinuesFrom(saved, 1)); // not committed yet
        live.MarkCommitted(saved);

        Assert.True(live.ContinuesFrom(saved, 1));
        Assert.True(live.ContinuesFrom(saved, 0)); // a request that was made before the rollback
        Assert.False(live.ContinuesFrom(saved, 2));
        Assert.False(live.ContinuesFrom(saved with { Run = "another" }, 1));
        Assert.False(live.ContinuesFrom(saved with { Attempt = 2 }, 1));
        Assert.False(live.ContinuesFrom(saved with { Generator = saved.Training }, 1));
        Assert.False(live.ContinuesFrom(saved with { Training = saved.Generator }, 1));
    });

    [Fact]
    public Task Moves_on_to_the_next_epoch_but_not_back_in_its_own() => OnItsThreadAsync(() =>
    {
        using var live = Live(Options);
        Step(live);
        live.MoveTo(Start(Options, 0, 1, 0));
        Assert.Equal((1, 1), (live.Position.Epoch, live.Position.Step));
        live.MoveTo(Start(Options, 0, 2, 0));
        Assert.Equal((2, 0), (live.Position.Epoch, live.Position.Step));
    });

    [Fact]
    public Task Logs_every_third_step_and_what_is_not_finite() => OnItsThreadAsync(() =>
    {
        using var live = Live(Options);
        var (finite, rows) = (new StepLosses(1, 2, 0.5, 0.25), new List<LossRow?>());
        using var pictures = live.Pictures(Data.Train);
        for (var step = 1; step <= Steps; step++)
        {
            live.Step(pictures);
            rows.Add(live.RowOf(finite, 7, Now));
        }
        Assert.Equal([null, null, 3, null], rows.Select(row => row?.Step()));
        Assert.Equal((1.0, 2.0, 7.0), (rows[2]!.DiscriminatorLoss, rows[2]!.GeneratorLoss, rows[2]!.ImagesPerSecond));
        Assert.Equal(Steps, live.RowOf(finite with { Generator = double.NaN }, 7, Now)!.Step());
    });

    private static Task OnItsThreadAsync(Action test) => TrainingThread.RunAsync(1, () =>
    {
        test();
        return true;
    });

    private static LiveTraining Live(TrainingOptions options, int attempt = 0, int epoch = 1, int step = 0) =>
        new(options, Start(options, attempt, epoch, step), last: null, Data);

    private static TrainingCursor Start(TrainingOptions options, int attempt, int epoch, int step) =>
        TrainingCursor.Beginning("run", attempt, options, Data) with { Epoch = epoch, Step = step };

    private static Checkpoint Saved(LiveTraining live)
    {
        var (generator, training) = live.Save();
        return new(new(live.Position, BlobReference.Of(generator), BlobReference.Of(training)), generator, training);
    }

    private static void Step(LiveTraining live)
    {
        using var pictures = live.Pictures(Data.Train);
        live.Step(pictures);
    }
}
