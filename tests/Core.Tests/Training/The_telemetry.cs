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
        var (units, measured, spans) = (new ConcurrentDictionary<string, string?>(), new ConcurrentDictionary<string, double>(), new ConcurrentBag<string>());
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name != TrainingTelemetry.Name) return;
                Assert.NotEmpty(instrument.Description!);
                units[instrument.Name] = instrument.Unit;
                listener.EnableMeasurementEvents(instrument);
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
            ActivityStopped = span => spans.Add($"{span.OperationName} {string.Join(' ', span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))}"),
        };
        ActivitySource.AddActivityListener(activities);
        using var bench = await TrainingBench.CreateAsync(azurite);

        await bench.TrainToTheEndAsync(await bench.StartAsync(
            "measured", new() { Dataset = TrainingBench.Bars, Epochs = 1, ImagesPerEpoch = 16, BatchSize = 4, LogEvery = 2 }));

        var expected = new Dictionary<string, string?>
        {
            ["gan.training.commit_duration"] = "s",
            ["gan.training.discriminator_loss"] = "{nat}",
            ["gan.training.generator_loss"] = "{nat}",
            ["gan.training.images_per_second"] = "{image}/s",
            ["gan.training.slice_duration"] = "s",
        };
        Assert.Equal(expected.OrderBy(unit => unit.Key), units.OrderBy(unit => unit.Key));
        Assert.Equal(expected.Keys.Order(), measured.Keys.Order());
        Assert.All(measured.Values, value => Assert.True(value > 0));
        Assert.Contains("train slice gan.run=measured", spans);
        Assert.Contains("commit gan.checkpoint=000-00001-000004", spans);
    }
}
