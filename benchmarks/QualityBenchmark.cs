using System.Diagnostics;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;

namespace GanFunctions.Benchmarks;

/// <summary>The result of an epoch.</summary>
internal sealed record MeasuredEpoch(TrainingOptions Options, int Epoch, PictureQuality Quality, double Seconds)
{
    public string ToCsv() => string.Create(null, $"{Options.Preset.ToString().ToLowerInvariant()},{Options.Seed},{Epoch},{Quality.FrechetDistance:F2},"
        + $"{Quality.Baseline:F2},{Quality.KernelDistance:F4},{Quality.Classes?.RarestShare:F4},{Quality.Classes?.Confidence:F4},"
        + $"{Quality.Classes?.Recognised:F4},{Seconds:F1},"
        + $"{Quality.Precision:F4},{Quality.Recall:F4},{Quality.Density:F4},{Quality.Coverage:F4}");
}

/// <summary>Trains in memory, without storage, and measures the pictures after every epoch.</summary>
internal sealed class QualityBenchmark(Dataset data, QualityReference reference, int samples)
{
    public IEnumerable<MeasuredEpoch> Run(TrainingOptions options)
    {
        var start = TrainingCursor.Beginning("benchmark", 0, options, data);
        using var live = new LiveTraining(options, start, null, data);
        var requested = options.Conditional ? RequestedLabels.Of(data.Train, samples) : null;
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            var begun = Stopwatch.GetTimestamp();
            live.MoveTo(start with { Epoch = epoch, Precision = live.Position.Precision });
            using var pictures = live.Pictures(data.Train);
            while (!live.Position.IsEpochEnd) live.Step(pictures);
            var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            var quality = reference.Measure(live.Networks.Average, samples, requested)
                ?? throw new ArithmeticException($"A picture of epoch {epoch} is NaN or infinite.");
            yield return new(options, epoch, quality, seconds);
        }
    }
}
