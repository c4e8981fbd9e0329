using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using GanFunctions.Core.Runs;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Training;

public sealed class The_telemetry(AzuriteFixture azurite)
{
    [Fact]
    public async Task Publishes_speed_losses_and_durations()
    {
        var (measured, spans) = (new ConcurrentDictionary<string, double>(), new ConcurrentBag<string>());
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TrainingTelemetry.Name) listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            if (tags.ToArray().Contains(KeyValuePair.Create("gan.run", (object?)"measured"))) measured[instrument.Name] = value;
        });
        meters.Start();
        using var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TrainingTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span => spans.Add(span.OperationName),
        };
        ActivitySource.AddActivityListener(activities);
        using var bench = await TrainingBench.CreateAsync(azurite);

        await bench.TrainToTheEndAsync(await bench.StartAsync(
            "measured", new() { Dataset = TrainingBench.Bars, Epochs = 1, ImagesPerEpoch = 16, BatchSize = 4, LogEvery = 2 }));

        Assert.Equal(
            [
                "gan.training.commit_duration", "gan.training.discriminator_loss", "gan.training.generator_loss",
                "gan.training.images_per_second", "gan.training.slice_duration",
            ],
            measured.Keys.Order());
        Assert.All(measured.Values, value => Assert.True(value > 0));
        Assert.Contains("train slice", spans);
        Assert.Contains("commit", spans);
    }
}
