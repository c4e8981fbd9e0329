using System.Diagnostics;
using GanFunctions.Core.Data;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>What an epoch came to.</summary>
internal sealed record MeasuredEpoch(TrainingOptions Options, int Epoch, PictureQuality Quality, double Seconds)
{
    public string ToCsv() => string.Create(null, $"{Options.Preset.ToString().ToLowerInvariant()},{Options.Seed},{Epoch},{Quality.FrechetDistance:F2},"
        + $"{Quality.Floor:F2},{Quality.KernelDistance:F4},{Quality.Classes?.RarestShare:F4},{Quality.Classes?.Confidence:F4},{Quality.Classes?.Recognised:F4},{Seconds:F1}");
}

/// <summary>Trains in memory, without any storage, and measures what is drawn at the end of every epoch.</summary>
internal sealed class QualityBenchmark(Dataset data, Ruler ruler, int samples)
{
    public IEnumerable<MeasuredEpoch> Run(TrainingOptions options)
    {
        var random = new RunRandom(options.Seed, 0);
        var labels = options.Conditional ? data.Train.DistinctLabels() : [];
        using var networks = new GanNetworks(options, Arithmetic.Resolve(options.Precision), random, labels);
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            var begun = Stopwatch.GetTimestamp();
            using var pictures = new EpochData(data.Train, labels, options.BatchSize, random, epoch);
            for (var step = 0; step < options.StepsPerEpoch(data.Train.Count); step++)
            {
                using var scope = NewDisposeScope();
                var draw = new StepRandom(random, epoch, step);
                _ = options.Preset == Preset.Tutorial
                    ? TutorialStep.Run(networks, options, draw, pictures.Batch(step))
                    : DcganStep.Run(networks, options, draw, pictures.Batch(step));
            }
            var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            var quality = ruler.Measure(networks.Average, samples, options.Conditional ? WantedLabels.Of(data.Train, samples) : null) ?? throw new ArithmeticException($"What epoch {epoch} draws is not even numbers.");
            yield return new(options, epoch, quality, seconds);
        }
    }
}
