using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary><c>benchmarks quality</c>: how good the pictures are that a preset draws, epoch by epoch.</summary>
internal static class QualityCommand
{
    private const string Usage = """
        usage: dotnet run -c Release --project benchmarks -- quality --data <folder of IDX files> [--samples 10000] [--csv <file>] [option=value ...]
               options are those of POST /api/runs; several values between commas are trained one after the other:
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

        _ = get_num_threads(); // a thread's first question takes over what another one set last: ask before, not after
        var data = await ReadAsync(folder);
        set_num_threads(QualityReferenceBuilder.Threads);
        using var ruler = new QualityReference(QualityReferenceBuilder.Build(data, CancellationToken.None)!);
        Console.WriteLine($"{Processor.Name}; classifier {ruler.Sha256}, right in {ruler.Accuracy:P2} of held-out pictures; {samples} generated pictures");
        var benchmark = new QualityBenchmark(data, ruler, samples);
        var lines = new List<string> { "preset,seed,epoch,frechet,floor,kernel,rarest,confidence,recognised,seconds" };
        Console.WriteLine(lines[0]);
        foreach (var options in Combinations(given).Select(OptionsReader.Read))
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

    /// <summary>Every combination of the values given.</summary>
    private static IEnumerable<JsonObject> Combinations(IEnumerable<string> given) => given
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
            return JsonValue.Create(value); // text, in the place of a number
        }
    }

    private static async Task<Dataset> ReadAsync(string folder)
    {
        var parts = new Dictionary<IdxPart, IdxArray>();
        foreach (var part in Enum.GetValues<IdxPart>())
        {
            var file = Directory.GetFiles(folder, part.FileName() + "*").FirstOrDefault()
                ?? throw new FileNotFoundException($"{folder} has no {part.FileName()}, packed or not.");
            await using var stream = File.OpenRead(file);
            parts[part] = await IdxReader.ReadAsync(stream, file, maxBytes: 1 << 30);
        }
        var (train, test) = IdxParts.ToImages(parts);
        return Dataset.Of(Path.GetFileName(folder), train, test);
    }
}
