using GanFunctions.Core.Model;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Runs;

public sealed class A_slice_on_one_worker(AzuriteFixture azurite)
{
    private const int Steps = 4; // of an epoch
    private const int Batch = 2;
    private static readonly TrainingOptions Small = new()
    {
        Preset = Preset.Compact,
        WidthMultiplier = NetworkFamilies.MinWidth,
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Epochs = 1,
        ImagesPerEpoch = Steps * Batch,
        BatchSize = Batch,
        LogEvery = 1,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0.5, Steps)] // a step at a time
    [InlineData(600, 1)]
    public async Task Trains_as_long_as_it_may_and_has_the_speed_of_its_own_steps(double maxSeconds, int slices)
    {
        var time = new FakeTimeProvider();
        using var bench = await TrainingBench.CreateAsync(azurite, time);
        var request = await bench.StartAsync("a", Small) with { MaxSeconds = maxSeconds };
        time.AutoAdvanceAmount = TimeSpan.FromSeconds(2); // at each reading of the clock, of which there is one during the first step of a slice

        Assert.Equal(SliceOutcome.Completed, (await bench.TrainToTheEndAsync(request, onOtherWorkers: true)).Outcome);

        Assert.Equal(slices, bench.Log.Lines.Count(line => line.Contains("Run a: training from", StringComparison.Ordinal)));
        var steps = await bench.Losses.ReadAsync("a", Cancellation).Where(row => row.Step() is not null).ToListAsync(Cancellation);
        Assert.Equal(Enumerable.Range(1, Steps), steps.Select(row => row.Step()!.Value));
        Assert.All(steps.Take(slices), row => Assert.Equal(Batch / 2.0, row.ImagesPerSecond));
        Assert.Equal(maxSeconds < 1, steps[^1].ImagesPerSecond == Batch / 2.0); // else that of four steps, with a reading of the clock between them
    }
}
