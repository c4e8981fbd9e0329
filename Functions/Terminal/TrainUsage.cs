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

            Trains on <source>: a folder of pictures, optionally with a subfolder per class,
            an archive of such a folder, or the name of a data set, such as digits. Saves
            pictures in out/. Ctrl+C commits and stops; the same command resumes.

            Pictures of a folder or archive are converted first:
              --size 28|32|64|128  --channels 1|3|4  by default derived from the pictures
              --fit crop|pad|stretch  --background white|black|rrggbb  --transpose
            Options and their usual defaults (docs/options.md), --initFrom <run>[:<epoch>]:
            {Options()}
            Any setting of the app, such as --urls http://localhost:7072, is valid too.
            With --url <address> it trains on that app instead (see docs/cli.md).
            """);
        return 0;
    }

    private static string Options()
    {
        var lines = new List<StringBuilder>();
        var options = JsonNode.Parse(OptionsReader.Write(OptionsReader.Read([])))!.AsObject();
        foreach (var (name, value) in options.Where(option => option.Key is not ("dataset" or "initFrom"))) // explained above
        {
            var text = $"  --{name} {value?.ToString() ?? "none"}";
            if (lines.Count == 0 || lines[^1].Length + text.Length > Width) lines.Add(new());
            lines[^1].Append(text);
        }
        return string.Join('\n', lines);
    }
}
