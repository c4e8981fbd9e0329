using System.Diagnostics;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks features</c>: do both kinds of features rank generators alike, and do they tell late epochs apart? Trains generators with several
/// options, measures each after some epochs with both, and correlates the ranks.
/// </summary>
internal static class FeaturesCommand
{
    private const string Usage = """
        usage: dotnet run -c Release --project benchmarks -- features --data <folder of IDX files, or zip file with a folder of pictures for each class>
               [--limit 10000] [--samples 1000] [--size 32] [--channels 3] [--threads 2] [--every <epochs>] [option=value ...]
               options are those of POST /api/runs; comma-separated values are trained one after another:
               preset=dcgan,tutorial epochs=5 imagesPerEpoch=3200
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var given = NamedArguments.Parse(args, "--data", "--size", "--channels", "--limit", "--samples", "--threads", "--every");
        if (given.Text("--data") is not { } source || !Path.Exists(source) || !given.AreValid)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        _ = get_num_threads(); // the first call on a thread applies the number that another thread set last, so it must come before setting our own
        var whole = await QualityCommand.ReadAsync(given, source, size: 32);
        var (limit, samples) = (given.Number("--limit", 10_000), given.Number("--samples", 1000));
        set_num_threads(given.Number("--threads", QualityReferenceBuilder.Threads));
        var data = Dataset.Of(whole.Name, First(whole.Train, limit), whole.Test is null ? null : First(whole.Test, limit));
        var references = Enum.GetValues<FeatureKind>().Select(kind => (Name: $"{kind}", Reference: Build(data, kind))).ToList();

        var distances = references.ConvertAll(_ => new List<double>());
        Console.WriteLine($"{Processor.Name}\npreset, seed, epoch: Fréchet distance (baseline), kernel distance, precision, recall, density, coverage with {string.Join(" | ", references.Select(each => each.Name))}");
        foreach (var options in QualityCommand.Combinations(given.Options).Select(each => OptionsReader.Read(each, QualityCommand.InfoOf(data))))
        {
            foreach (var (epoch, generator) in Epochs(options, data).Where(each => each.Epoch % given.Number("--every", 1) == 0))
            {
                using var recorded = new Recorded(generator);
                var measured = references.ConvertAll(each => recorded.MeasureWith(each.Reference, samples));
                foreach (var (index, quality) in measured.Index()) distances[index].Add(quality.FrechetDistance);
                Console.WriteLine($"{options.Preset}, {options.Seed}, {epoch}: {string.Join(" | ", measured.Select(Summary))}");
            }
        }
        Console.WriteLine($"Spearman's rank correlation of the distances {Spearman(distances[0], distances[1]):F3} of {distances[0].Count} generators");
        return 0;
    }

    private static string Summary(PictureQuality quality) => string.Create(null,
        $"{quality.FrechetDistance:G4} ({quality.Baseline:G3}) {quality.KernelDistance:G3} {quality.Precision:F2} {quality.Recall:F2} {quality.Density:F2} {quality.Coverage:F2}");

    private static QualityReference Build(Dataset data, FeatureKind kind)
    {
        var begun = Stopwatch.GetTimestamp();
        var reference = new QualityReference(QualityReferenceBuilder.Build(data, CancellationToken.None, kind)!);
        Console.WriteLine($"{kind}: {Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} s, {reference.Sha256[..8]}, accuracy {reference.Accuracy}");
        return reference;
    }

    private static IEnumerable<(int Epoch, Core.Model.Generator Generator)> Epochs(TrainingOptions options, Dataset data)
    {
        var start = TrainingCursor.Beginning("benchmark", 0, options, data);
        using var live = new LiveTraining(options, start, null, data);
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            live.MoveTo(start with { Epoch = epoch, Precision = live.Position.Precision });
            using var pictures = live.Pictures(data.Train);
            while (!live.Position.IsEpochEnd) live.Step(pictures);
            yield return (epoch, live.Networks.Average);
        }
    }

    /// <summary>The correlation of the ranks; equal values do not occur.</summary>
    private static double Spearman(List<double> first, List<double> second)
    {
        var (ranks1, ranks2) = (Ranks(first), Ranks(second));
        var squares = ranks1.Zip(ranks2, (one, two) => (double)(one - two) * (one - two)).Sum();
        return 1 - 6 * squares / ((double)first.Count * ((double)first.Count * first.Count - 1));
    }

    private static int[] Ranks(List<double> values) => [.. values.Select(value => values.Count(other => other < value))];

    private static ImageSet First(ImageSet all, int limit)
    {
        var count = Math.Min(all.Count, limit);
        return all with { Pixels = all.Pixels[..(count * all.Shape.Size)], Labels = all.Labels![..count], Count = count };
    }

    /// <summary>A generator whose pictures are generated once and repeated for every reference, which all ask for the same ones.</summary>
    private sealed class Recorded(nn.Module<Tensor, Tensor?, Tensor> generator) : nn.Module<Tensor, Tensor?, Tensor>(nameof(Recorded))
    {
        private readonly List<Tensor> _batches = [];
        private int _next;

        public PictureQuality MeasureWith(QualityReference reference, int samples)
        {
            _next = 0;
            return reference.Measure(this, samples) ?? throw new ArithmeticException("A picture is NaN or infinite.");
        }

        public override Tensor forward(Tensor input1, Tensor? input2)
        {
            if (_next == _batches.Count) _batches.Add(generator.call(input1, input2).DetachFromDisposeScope());
            return _batches[_next++].clone();
        }

        protected override void Dispose(bool disposing)
        {
            _batches.ForEach(batch => batch.Dispose());
            base.Dispose(disposing);
        }
    }
}
