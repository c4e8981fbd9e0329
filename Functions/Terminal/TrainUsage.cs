using System.Text;
using System.Text.Json.Nodes;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;

namespace GanFunctions.Functions.Terminal;

/// <summary>The usage of the command <c>train</c>.</summary>
internal static class TrainUsage
{
    private const int Width = 80;

    /// <summary>Prints it.</summary>
    /// <returns>The exit code.</returns>
    public static int Print()
    {
        Console.WriteLine($"""
            dotnet run --project Functions -- train <source> [options]

            Trains on <source> and saves pictures in out/. <source> is a folder of pictures,
            optionally with one subfolder per class, an archive of such a folder, or the
            name of a data set, such as digits or mnist. Ctrl+C commits the training and
            stops; the same command resumes it.

            Pictures of a folder or archive are converted first:
              --size 28|32|64  --channels 1|3|4  by default derived from the pictures
              --fit crop|pad|stretch  --background white|black|rrggbb  --transpose
            Training options and their defaults; docs/options.md explains them. For initFrom,
            write --initFrom <run> or --initFrom <run>:<epoch>:
            {Options()}
            Any setting of the app, such as --urls http://localhost:7072, is valid too.
            """);
        return 0;
    }

    private static string Options()
    {
        var lines = new List<StringBuilder>();
        foreach (var (name, value) in JsonNode.Parse(OptionsReader.Write(new TrainingOptions()))!.AsObject().Where(option => option.Key != "dataset"))
        {
            var text = $"  --{name} {value?.ToString() ?? "null"}";
            if (lines.Count == 0 || lines[^1].Length + text.Length > Width) lines.Add(new());
            lines[^1].Append(text);
        }
        return string.Join('\n', lines);
    }
}
