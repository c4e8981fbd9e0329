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
        usage: dotnet run -c Release --project benchmarks -- quality --data <folder of IDX files> [--samples 10000] [--csv <file>] [option=value ...]
               options are those of POST /api/runs; comma-separated values are trained one after another:
               preset=dcgan seed=1,2,3 epochs=20
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var (folder, samples, csv, given) = ("", 10_000, (string?)null, new List<string>());
        for (var index = 0; index < args.Length; index++)
        {
            var value = index + 1 < args.Length ? args[index + 1] : "";
            if (args[index] == "--data") (folder, index) = (value, index + 1);
            else if (args[index] == "--samples" && int.TryParse(value, out var count)) (samples, index) = (count, index + 1);
            else if (args[index] == "--csv") (csv, index) = (value, index + 1);
            else given.Add(args[index]);
        }
        if (!Directory.Exists(folder) || given.Exists(option => !option.Contains('=', StringComparison.Ordinal)))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        _ = get_num_threads(); // the first call on a thread applies the number that another thread set last, so it must come before setting our own
        var data = await ReadAsync(folder);
        set_num_threads(QualityReferenceBuilder.Threads);
        using var reference = new QualityReference(QualityReferenceBuilder.Build(data, CancellationToken.None)!);
        Console.WriteLine(
            $"{Processor.Name}; quality reference {reference.Sha256}, classifier accuracy {reference.Accuracy:P2} on held-out pictures; "
            + $"{samples} generated pictures");
        var benchmark = new QualityBenchmark(data, reference, samples);
        var lines = new List<string> { "preset,seed,epoch,frechet,baseline,kernel,rarest,confidence,recognised,seconds,precision,recall,density,coverage" };
        Console.WriteLine(lines[0]);
        foreach (var options in Combinations(given).Select(each => OptionsReader.Read(each)))
        {
            set_num_threads(options.Threads ?? Environment.ProcessorCount);
            foreach (var epoch in benchmark.Run(options))
            {
                lines.Add(epoch.ToCsv());
                Console.WriteLine(lines[^1]);
            }
        }
        if (csv is not null) await File.WriteAllLinesAsync(csv, lines);
        return 0;
    }

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

    internal static async Task<Dataset> ReadAsync(string folder)
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
