using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary><c>benchmarks quality</c>: trains with given options and measures the quality of the pictures after every epoch.</summary>
internal static class QualityCommand
{
    private const string Usage = """
        usage: dotnet run -c Release --project benchmarks -- quality --data <folder of IDX files, or zip of pictures in a folder for each class>
                   [--size 64] [--channels 3] [--limit <training pictures>]     for a zip
                   [--samples 10000] [--every <epochs>] [--minutes <of training>] [--nearest <pictures, to search for memorised ones>] [--csv <file>] [--grid <png file>] [option=value ...]
               options are those of POST /api/runs; comma-separated values are trained one after another:
               preset=dcgan seed=1,2,3 epochs=20
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var given = NamedArguments.Parse(args, "--data", "--size", "--channels", "--limit", "--samples", "--every", "--nearest", "--minutes", "--csv", "--grid");
        if (given.Text("--data") is not { } path || !Path.Exists(path) || !given.AreValid)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        _ = get_num_threads(); // the first call on a thread applies the number that another thread set last, so it must come before setting our own
        var data = await ReadAsync(given, path, size: 64);
        var samples = given.Number("--samples", 10_000);
        set_num_threads(QualityReferenceBuilder.Threads);
        using var reference = new QualityReference(QualityReferenceBuilder.Build(data, CancellationToken.None)!);
        Console.WriteLine(
            $"{Processor.Name}; {data.Train.Count} training pictures of {data.Train.Shape}; quality reference {reference.Sha256}, classifier accuracy {reference.Accuracy:P2} on held-out pictures; "
            + $"{samples} generated pictures");
        var benchmark = new QualityBenchmark(data, reference, samples, given.Number("--every", 1), given.Number("--nearest", 0), given.Number("--minutes", int.MaxValue), given.Text("--grid"));
        var lines = new List<string> { MeasuredEpoch.Columns };
        Console.WriteLine(lines[0]);
        foreach (var options in Combinations(given.Options).Select(each => OptionsReader.Read(each, InfoOf(data))))
        {
            set_num_threads(options.Threads ?? Environment.ProcessorCount);
            foreach (var epoch in benchmark.Run(options))
            {
                lines.Add(epoch.ToCsv());
                Console.WriteLine(lines[^1]);
            }
        }
        if (given.Text("--csv") is { } csv) await File.WriteAllLinesAsync(csv, lines);
        return 0;
    }

    /// <summary>What options are fitted to.</summary>
    internal static DatasetInfo InfoOf(Dataset data) => new(
        data.Name, "stored", true, data.Train.Count, data.Test?.Count, data.Train.DistinctLabels().Count, data.Train.Height, data.Train.Width,
        data.Train.Channels, data.Sha256, "");

    /// <summary>All combinations of the given values.</summary>
    internal static IEnumerable<JsonObject> Combinations(IEnumerable<string> given) => given
        .Select(option => option.Split('=', 2))
        .Aggregate(
            (IEnumerable<JsonObject>)[[]],
            (all, option) => all.SelectMany(start => option[1].Split(',').Select(value =>
            {
                var next = (JsonObject)start.DeepClone();
                next[option[0]] = Parsed(value);
                return next;
            })));

    private static JsonNode? Parsed(string value)
    {
        try
        {
            return JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            return JsonValue.Create(value); // text that is not JSON, such as the name of a preset
        }
    }

    /// <summary>Reads the pictures of a zip file, or the IDX files of a folder.</summary>
    internal static async Task<Dataset> ReadAsync(NamedArguments given, string path, int size) => File.Exists(path)
        ? PictureArchive.Read(path, new(given.Number("--size", size), given.Number("--channels", 3)), given.Number("--limit", int.MaxValue))
        : await ReadFolderAsync(path);

    private static async Task<Dataset> ReadFolderAsync(string folder)
    {
        var parts = new Dictionary<IdxPart, IdxArray>();
        foreach (var part in Enum.GetValues<IdxPart>())
        {
            var file = Directory.GetFiles(folder, part.FileName() + "*").FirstOrDefault()
                ?? throw new FileNotFoundException($"{folder} has no {part.FileName()}, compressed or not.");
            await using var stream = File.OpenRead(file);
            parts[part] = await IdxReader.ReadAsync(stream, file, maxBytes: 1 << 30);
        }
        var (train, test) = IdxParts.ToImages(parts);
        return Dataset.Of(Path.GetFileName(folder), train, test);
    }
}
