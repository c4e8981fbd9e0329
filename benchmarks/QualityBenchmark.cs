using System.Diagnostics;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sampling;
using GanFunctions.Core.Training;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Benchmarks;

/// <summary>The result of an epoch.</summary>
/// <param name="Options">The options of the run.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Quality">Quality of its pictures.</param>
/// <param name="Seconds">Time of the steps of this epoch.</param>
/// <param name="Pictures">Pictures trained so far, repetitions included.</param>
/// <param name="Minutes">Time of all steps so far.</param>
/// <param name="Nearest">
/// Median distance of a generated picture to the nearest training picture, relative to that of a held-out one; null if it was not measured.
/// </param>
internal sealed record MeasuredEpoch(
    TrainingOptions Options, int Epoch, PictureQuality Quality, double Seconds, long Pictures, double Minutes, double? Nearest)
{
    public const string Columns =
        "preset,seed,epoch,frechet,baseline,kernel,rarest,confidence,recognised,seconds,precision,recall,density,coverage,variety,pictures,minutes,nearest";

    public string ToCsv() => string.Create(null, $"{Options.Preset.ToString().ToLowerInvariant()},{Options.Seed},{Epoch},{Quality.FrechetDistance:F2},"
        + $"{Quality.Baseline:F2},{Quality.KernelDistance:F4},{Quality.Classes?.RarestShare:F4},{Quality.Classes?.Confidence:F4},"
        + $"{Quality.Classes?.Recognised:F4},{Seconds:F1},"
        + $"{Quality.Precision:F4},{Quality.Recall:F4},{Quality.Density:F4},{Quality.Coverage:F4},{Quality.Variety:F3},{Pictures},{Minutes:F2},{Nearest:F3}");
}

/// <summary>Trains in memory, without storage, and measures the pictures after some epochs.</summary>
/// <param name="data">The data set.</param>
/// <param name="reference">Its quality reference.</param>
/// <param name="samples">Number of pictures to measure.</param>
/// <param name="every">Measures every so many epochs.</param>
/// <param name="nearest">Number of pictures whose nearest training pictures are searched for.</param>
/// <param name="minutes">Ends a run after this time of training, not counting the measurements.</param>
/// <param name="grid">File for a grid of pictures, overwritten at every measurement; null for none.</param>
internal sealed class QualityBenchmark(
    Dataset data, QualityReference reference, int samples, int every, int nearest, double minutes, string? grid)
{
    private const int GridSide = 8;
    private readonly FeatureSpace? _space = nearest > 0 ? new FeatureSpace(data, reference, CancellationToken.None) : null;

    public IEnumerable<MeasuredEpoch> Run(TrainingOptions options)
    {
        var start = TrainingCursor.Beginning("benchmark", 0, options, data);
        using var live = new LiveTraining(options, start, null, data);
        var requested = options.Conditional ? RequestedLabels.Of(data.Train, samples) : null;
        var total = 0.0;
        for (var epoch = 1; epoch <= options.Epochs && total < minutes * 60; epoch++)
        {
            var begun = Stopwatch.GetTimestamp();
            live.MoveTo(start with { Epoch = epoch, Precision = live.Position.Precision });
            using var pictures = live.Pictures(data.Train);
            while (!live.Position.IsEpochEnd) live.Step(pictures);
            var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            total += seconds;
            if (epoch % every != 0 && epoch != options.Epochs && total < minutes * 60) continue;
            var quality = reference.Measure(live.Networks.Average, samples, requested)
                ?? throw new ArithmeticException($"A picture of epoch {epoch} is NaN or infinite.");
            if (grid is not null) SaveGrid(live.Networks.Average, options.Seed, grid);
            yield return new(options, epoch, quality, seconds, (long)epoch * start.StepsPerEpoch * options.BatchSize, total / 60, NearestTraining(live.Networks.Average, options.Seed));
        }
    }

    private double? NearestTraining(Generator generator, long seed)
    {
        if (_space is null) return null;
        var threads = get_num_threads();
        var distances = Sampler.Draw(generator, seed, nearest).Chunk(generator.Shape.Size)
            .Select(picture => _space.Nearest(data.Train, picture, 1)[0].Distance).Order().ToList();
        set_num_threads(threads);
        return distances[distances.Count / 2] / _space.TypicalDistance;
    }

    private static void SaveGrid(Generator generator, long seed, string file)
    {
        var threads = get_num_threads();
        File.WriteAllBytes(file, PictureGrid.Png(Sampler.Draw(generator, seed, GridSide * GridSide), generator.Shape, GridSide, scale: 1));
        set_num_threads(threads); // drawing uses a single one
    }
}
