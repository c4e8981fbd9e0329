using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Data;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_that_starts_from_another(AzuriteFixture azurite)
{
    private const int Batch = 2;
    private const int Steps = 4; // of an epoch
    private const string Source = "source";
    private static readonly TrainingOptions Small = new()
    {
        Preset = Preset.Compact,
        WidthMultiplier = NetworkFamilies.MinWidth,
        HiddenUnits = 32,
        EvenKernels = true,
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Epochs = 2,
        ImagesPerEpoch = Steps * Batch,
        BatchSize = Batch,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task And_is_cut_ends_with_the_same_bytes_as_one_that_was_not_though_the_other_is_deleted(bool conditional)
    {
        var time = new FakeTimeProvider();
        using var bench = await TrainingBench.CreateAsync(azurite, time);
        await bench.TrainToTheEndAsync(await bench.StartAsync(Source, Small));
        var options = Small with { Seed = 7, Conditional = conditional };
        var fresh = await bench.TrainToTheEndAsync(await bench.StartAsync("fresh", options));
        var whole = await bench.StartFromAsync("whole", options, new(Source));
        var cut = await bench.StartFromAsync("cut", options, new(Source));
        await bench.Lifecycle.DeleteAsync(Source, Cancellation);

        Assert.Equal(SliceOutcome.Completed, (await bench.TrainToTheEndAsync(whole)).Outcome);
        time.AutoAdvanceAmount = TimeSpan.FromSeconds(options.MaxSliceSeconds) / 5; // a slice is cut after one to three steps
        Assert.Equal(SliceOutcome.Completed, (await bench.TrainToTheEndAsync(cut, onOtherWorkers: true)).Outcome);

        var (expected, actual) = (await bench.LatestAsync("whole"), await bench.LatestAsync("cut"));
        Assert.Equal((expected.Generator, expected.Training, expected.EpochSums), (actual.Generator, actual.Training, actual.EpochSums));
        Assert.NotEqual(expected.Generator, (await bench.LatestAsync("fresh")).Generator);
        Assert.Equal(SliceOutcome.Completed, fresh.Outcome);
    }

    [Fact]
    public async Task Starts_with_its_weights_and_the_age_of_its_average_and_with_new_optimisers()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.TrainToTheEndAsync(await bench.StartAsync(Source, Small));
        var initial = await bench.FindAsync(new(Source));
        using var networks = Networks(ClassLabels.None);

        InitialWeights.Load(networks, initial.Generator, initial.Training, emaDecay: 0.999);

        var (generator, training) = NetworkState.Save(networks, Small.Norm, 1);
        Assert.Equal(initial.From.Generator, BlobReference.Of(generator).Sha256);
        Assert.Equal(2 * Steps, networks.AverageSteps);
        Assert.Equal(2 * Steps, AdamStepsIn(initial.Training!));
        Assert.Equal(0, AdamStepsIn(training));
    }

    [Fact]
    public async Task Has_a_new_discriminator_and_an_average_of_full_age_where_the_training_state_is_gone()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.TrainToTheEndAsync(await bench.StartAsync(Source, Small with { Epochs = 3, KeepTraining = 1 }));

        var initial = await bench.FindAsync(new(Source, 1));

        Assert.Equal((Source, 1, null), (initial.From.Run, initial.From.Epoch, initial.From.Training));
        using var networks = Networks(ClassLabels.None);
        var before = networks.Discriminator.state_dict()["dense.weight"].clone();
        InitialWeights.Load(networks, initial.Generator, initial.Training, emaDecay: 0.999);
        Assert.True(networks.Discriminator.state_dict()["dense.weight"].equal(before).all().item<bool>());
        Assert.Equal(GanNetworks.WarmUpSteps(0.999), networks.AverageSteps);
        var (average, current) = (networks.Average.state_dict()["dense.weight"], networks.Generator.state_dict()["dense.weight"]);
        var slowly = average.lerp(current, 1 - 0.999);
        networks.UpdateAverage(0.999);
        Assert.True(average.equal(slowly).all().item<bool>(), "a warm-up has replaced the average");
        Assert.Equal(SliceOutcome.Completed, (await bench.TrainToTheEndAsync(await bench.StartFromAsync("next", Small, new(Source, 1)))).Outcome);
    }

    [Theory]
    [InlineData("0 1 2", null, true)]
    [InlineData("0 1 2", "a b c", false)]
    [InlineData("0 1 2 3", null, false)]
    [InlineData("", null, false)]
    public async Task Takes_the_embeddings_of_the_same_classes_only(string labels, string? names, bool isTaken)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var stored = Quality.Bars.Of(90).Train;
        await bench.Container.StoreAsync("three", stored with { Labels = [.. Enumerable.Range(0, 90).Select(index => (byte)(index % 3))] });
        await bench.TrainToTheEndAsync(await bench.StartAsync(Source, Small with { Conditional = true, Dataset = "three", Epochs = 1 }));
        var initial = await bench.FindAsync(new(Source));
        var classes = new ClassLabels([.. labels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(byte.Parse)], names?.Split(' '));
        using var networks = Networks(classes);
        var before = networks.Generator.state_dict().GetValueOrDefault("classes.weight")?.clone();

        InitialWeights.Load(networks, initial.Generator, initial.Training, emaDecay: 0.999);

        Assert.Equal(labels.Length > 0, before is not null);
        var after = networks.Generator.state_dict().GetValueOrDefault("classes.weight");
        if (before is not null) Assert.Equal(!isTaken, after!.equal(before).all().item<bool>());
        Assert.Equal(isTaken, BlobReference.Of(NetworkState.Save(networks, Small.Norm, 1).Generator).Sha256 == initial.From.Generator);
    }

    [Fact]
    public async Task Starts_from_it_again_when_its_first_epoch_diverges()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.TrainToTheEndAsync(await bench.StartAsync(Source, Small));
        var options = Small with { LearningRate = 1000, OnDivergence = DivergencePolicy.RollBack, MaxRollBacks = 1 };

        var ended = await bench.TrainToTheEndAsync(await bench.StartFromAsync("wild", options, new(Source)));

        Assert.True(ended is { Outcome: SliceOutcome.Diverged, Attempt: 1 } or { Outcome: SliceOutcome.Completed }, $"{ended}");
        var stored = await bench.Checkpoints.ListFilesAsync("wild", Cancellation);
        Assert.Superset(new HashSet<string>([(await bench.FindAsync(new(Source))).From.Generator!]), stored.ToHashSet());
    }

    [Fact]
    public async Task Is_refused_where_its_copy_is_gone()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.TrainToTheEndAsync(await bench.StartAsync(Source, Small));
        var request = await bench.StartFromAsync("robbed", Small, new(Source));
        var (from, _, _) = await bench.FindAsync(new(Source));
        await bench.Container.DeleteBlobAsync(RunPaths.Blob("robbed", from.Generator!), cancellationToken: Cancellation);

        var ended = await bench.TrainAsync(request, Cancellation);

        Assert.Equal(
            (SliceOutcome.Refused, $"The run starts from epoch 2 of source, but its copy of the file {from.Generator} is missing. Start a new run."),
            (ended.Outcome, ended.Reason));
    }

    private static GanNetworks Networks(ClassLabels classes) => new(Small, Precision.Fp32, new RunRandom(1, 0), PictureShape.Mnist, classes);

    private static long AdamStepsIn(byte[] training) =>
        SafeTensors.Read(training).Tensors.First(tensor => tensor.Key.EndsWith(".step", StringComparison.Ordinal)).Value.item<long>();
}
