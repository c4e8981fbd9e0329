using System.Diagnostics;
using System.Diagnostics.Metrics;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Runs;

/// <summary>Metrics and traces of the training, for <c>dotnet-counters</c>, OpenTelemetry or Application Insights.</summary>
public sealed class TrainingTelemetry : IDisposable
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "GanFunctions.Training";

    private readonly Meter _meter;
    private readonly Gauge<double> _imagesPerSecond;
    private readonly Gauge<double> _discriminatorLoss;
    private readonly Gauge<double> _generatorLoss;
    private readonly Histogram<double> _sliceSeconds;
    private readonly Histogram<double> _commitSeconds;

    /// <param name="meters">Creates the meter.</param>
    public TrainingTelemetry(IMeterFactory meters)
    {
        _meter = meters.Create(Name);
        _imagesPerSecond = _meter.CreateGauge<double>("gan.training.images_per_second", "{image}/s", "Training speed in real pictures per second");
        _discriminatorLoss = _meter.CreateGauge<double>("gan.training.discriminator_loss", "{nat}", "Loss of the discriminator");
        _generatorLoss = _meter.CreateGauge<double>("gan.training.generator_loss", "{nat}", "Loss of the generator");
        _sliceSeconds = _meter.CreateHistogram<double>("gan.training.slice_duration", "s", "Duration of a slice: load, train, commit");
        _commitSeconds = _meter.CreateHistogram<double>("gan.training.commit_duration", "s", "Duration of a commit");
    }

    /// <summary>The spans of a slice and its commit.</summary>
    public ActivitySource Spans { get; } = new(Name);

    /// <summary>Records the speed and losses of a logged step.</summary>
    public void Step(string run, double speed, StepLosses losses)
    {
        var tag = Tag(run);
        _imagesPerSecond.Record(speed, tag);
        _discriminatorLoss.Record(losses.Discriminator, tag);
        _generatorLoss.Record(losses.Generator, tag);
    }

    /// <summary>Records the duration of a slice.</summary>
    public void Slice(string run, TimeSpan duration) => _sliceSeconds.Record(duration.TotalSeconds, Tag(run));

    /// <summary>Records the duration of a commit.</summary>
    public void Commit(string run, TimeSpan duration) => _commitSeconds.Record(duration.TotalSeconds, Tag(run));

    /// <inheritdoc/>
    public void Dispose()
    {
        Spans.Dispose();
        _meter.Dispose();
    }

    private static KeyValuePair<string, object?> Tag(string run) => new("gan.run", run);
}
