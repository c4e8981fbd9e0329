using System.Text.Json.Nodes;
using GanFunctions.Cli.Training;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Terminal;

/// <summary>The arguments of the command <c>train</c>, checked as the HTTP API checks them.</summary>
/// <param name="Request">What to train on, and how.</param>
/// <param name="Settings">Settings of the app, such as <c>--urls</c>.</param>
internal sealed record TrainArguments(TrainRequest Request, string[] Settings)
{
    private const string Command = "train";
    private const string Dataset = "dataset";
    private const string Advice =
        "Either repeat the command that started it, or start the app (dotnet run --project Functions) and cancel it on the page.";
    private const string Help = "'dotnet run --project Functions -- train --help' lists what is valid.";

    /// <summary>Whether the arguments ask for the usage of the command.</summary>
    public static bool AskForHelp(string[] args) => args is [Command, .. var rest] && rest.Any(arg => arg is "--help" or "-h" or "-?");

    /// <summary>Reads the command line.</summary>
    /// <returns>The arguments; null for any other command.</returns>
    /// <exception cref="InvalidOperationException">The command line is not valid; the message lists every problem.</exception>
    public static TrainArguments? Read(string[] args)
    {
        if (args is not [Command, .. var rest]) return null;
        if (rest is not [var first, .. var options] || first.StartsWith('-'))
            throw new InvalidOperationException($"train needs a folder of pictures, an archive or the name of a data set as its first argument; {Help}");

        var source = PictureSource.Of(first);
        var given = new JsonObject();
        Dictionary<string, string> upload = [];
        List<string> settings = [], problems = [];
        foreach (var (name, value) in Pairs(options, problems))
        {
            if (Check(PutDataset.Size, name, value) || Check(PutDataset.Channels, name, value) || Check(PutDataset.Fit, name, value)
                || Check(PutDataset.Background, name, value) || Check(PutDataset.Transpose, name, value))
            {
                upload[name] = value ?? "true";
            }
            else if (name == Dataset)
            {
                problems.Add("dataset is not an option here: name the data set in place of the folder.");
            }
            else if (name == "urls" || name.Contains(':', StringComparison.Ordinal))
            {
                settings.Add($"--{name}={value}");
            }
            else
            {
                given[name] = TrainRequest.ToJson(name, value);
            }
        }
        given[Dataset] = source.Name;
        try
        {
            OptionsReader.Read(given);
            if (problems.Count == 0) return new(new(source, upload, given) { Advice = Advice }, [.. settings]);
        }
        catch (OptionsException wrong)
        {
            problems.AddRange(wrong.Problems.SelectMany(field => field.Value));
        }
        throw new InvalidOperationException($"{string.Join(" ", problems)} {Help}");

        bool Check<T>(Parameter<T> parameter, string name, string? text)
        {
            if (name != parameter.Name) return false;
            if (!parameter.Parse(text ?? "true").IsValid) problems.Add($"{parameter.Name}: '{text}' is not valid; it must be {parameter.Valid}.");
            else if (source.Path is null) problems.Add($"{parameter.Name} applies to uploaded pictures; the data set '{source.Name}' is used as it is.");
            return true;
        }
    }

    private static IEnumerable<(string Name, string? Value)> Pairs(string[] options, List<string> problems)
    {
        for (var index = 0; index < options.Length; index++)
        {
            if (!options[index].StartsWith("--", StringComparison.Ordinal))
            {
                problems.Add($"'{options[index]}' is not an option; options begin with two hyphens, as in --epochs 5.");
                continue;
            }
            var parts = options[index][2..].Split('=', 2);
            var hasValueNext = index + 1 < options.Length && !options[index + 1].StartsWith("--", StringComparison.Ordinal);
            yield return (parts[0], parts.Length == 2 ? parts[1] : hasValueNext ? options[++index] : null);
        }
    }
}
