using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace GanFunctions.Core.Training;

/// <summary>What training publishes to whoever listens: <c>dotnet-counters</c>, OpenTelemetry, Application Insights.</summary>
public sealed class TrainingTelemetry : IDisposable
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "GanFunctions.Training";

    private readonly Meter meter;
    private readonly Gauge<double> imagesPerSecond;
    private readonly Gauge<double> discriminatorLoss;
    private readonly Gauge<double> generatorLoss;
    private readonly Histogram<double> sliceSeconds;
    private readonly Histogram<double> commitSeconds;

    /// <param name="meters">Makes the meter.</param>
    public TrainingTelemetry(IMeterFactory meters)
    {
        meter = meters.Create(Name);
        imagesPerSecond = meter.CreateGauge<double>("gan.training.images_per_second", "{image}/s", "Real pictures trained on per second");
        discriminatorLoss = meter.CreateGauge<double>("gan.training.discriminator_loss", "{nat}", "Loss of the discriminator");
        generatorLoss = meter.CreateGauge<double>("gan.training.generator_loss", "{nat}", "Loss of the generator");
        sliceSeconds = meter.CreateHistogram<double>("gan.training.slice_duration", "s", "One activity: load, train, commit");
        commitSeconds = meter.CreateHistogram<double>("gan.training.commit_duration", "s", "Writing one checkpoint");
    }

    /// <summary>The spans of a slice and its commit.</summary>
    public ActivitySource Spans { get; } = new(Name);

    /// <summary>Speed and losses of a logged step.</summary>
    public void Step(string run, double speed, StepLosses losses)
    {
        var tag = Tag(run);
        imagesPerSecond.Record(speed, tag);
        discriminatorLoss.Record(losses.Discriminator, tag);
        generatorLoss.Record(losses.Generator, tag);
    }

    /// <summary>The duration of a slice.</summary>
    public void Slice(string run, TimeSpan duration) => sliceSeconds.Record(duration.TotalSeconds, Tag(run));

    /// <summary>The duration of a commit.</summary>
    public void Commit(string run, TimeSpan duration) => commitSeconds.Record(duration.TotalSeconds, Tag(run));

    /// <inheritdoc/>
    public void Dispose()
    {
        Spans.Dispose();
        meter.Dispose();
    }

    private static KeyValuePair<string, object?> Tag(string run) => new("gan.run", run);
}
