using System.CommandLine;
using System.CommandLine.Help;
using GanFunctions.Cli.Commands;
using GanFunctions.Cli.Display;

namespace GanFunctions.Cli;

/// <summary>The command line <c>gan</c>, which controls an app over HTTP.</summary>
public static class GanCommandLine
{
    private const string Train = "train", Url = "--url"; // the app itself trains, too, unless an address is given
    private const string Help = "--help";

    /// <summary>Names of the commands.</summary>
    public static IEnumerable<string> Verbs => Root().Subcommands.Select(command => command.Name);

    /// <summary>Whether a command line of the app itself is one for another app.</summary>
    /// <param name="args">The command line.</param>
    public static bool Handles(string[] args) => args is [var verb, .. var rest]
        && (verb == Train
            ? rest.Any(arg => arg == Url || arg.StartsWith($"{Url}=", StringComparison.Ordinal))
            : verb.StartsWith("[suggest", StringComparison.Ordinal) || (!verb.StartsWith('-') && Verbs.Contains(verb)));

    /// <summary>Runs a command.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>The exit code, see docs/cli.md.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = Root();
        var parsed = root.Parse(args is [] ? [Help] : args);
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false });
        var command = parsed.CommandResult.Command;
        IEnumerable<string> errors = command == root && parsed.UnmatchedTokens is [var unknown, ..]
            ? [$"'{unknown}' is not a command: the commands are {string.Join(", ", root.Subcommands.Select(each => each.Name))}."]
            : parsed.Errors.Select(error => error.Message);
        foreach (var error in errors) Screen.Error.WriteLine(error);
        Screen.Error.WriteLine($"'gan {(command == root ? "" : $"{command.Name} ")}{Help}' lists what is valid.");
        return ExitCode.Usage;
    }

    private static RootCommand Root()
    {
        var app = new AppOptions();
        var root = new RootCommand("Trains generative adversarial networks in a GanFunctions app, here or elsewhere.")
        {
            app.Url, app.Key, app.Json,
            TrainCommand.Create(app),
            RunCommands.List(app),
            RunCommands.Show(app),
            WatchCommand.Create(app),
            PullCommand.Create(app),
            ImportCommand.Create(app),
            SweepCommand.Create(app),
            ControlCommands.Change(app, "pause", "Commit a checkpoint and pause a run"),
            ControlCommands.Change(app, "resume", "Resume a paused run"),
            ControlCommands.Change(app, "cancel", "Commit a checkpoint and end a run for good"),
            ControlCommands.Extend(app),
            ControlCommands.Delete(app),
            CompletionCommand.Create(),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        foreach (var alias in help.Aliases.Where(alias => alias != "-h").ToList()) help.Aliases.Remove(alias); // /? would be completed
        return root;
    }
}
