using System.CommandLine;
using System.Text.Json.Nodes;
using GanFunctions.Cli.Api;
using GanFunctions.Cli.Display;

namespace GanFunctions.Cli.Commands;

/// <summary><c>runs</c> and <c>show</c>: runs and their progress.</summary>
internal static class RunCommands
{
    private static readonly string[] States =
        ["queued", "preparing", "training", "pausing", "paused", "cancelling", "cancelled", "completed", "failed"];

    /// <summary>The argument that names a run.</summary>
    public static Argument<string> RunArgument(AppOptions app) => new("run")
    {
        Description = "The run's id",
        CompletionSources = { context => app.RunIds(context.ParseResult) },
    };

    /// <summary><c>runs</c>: lists runs, or shows one.</summary>
    public static Command List(AppOptions app)
    {
        var run = RunArgument(app);
        (run.Arity, run.Description) = (ArgumentArity.ZeroOrOne, "Show this run only, as 'show' does");
        var state = new Option<string>("--state") { Description = "Only runs in this state", HelpName = "state" };
        state.AcceptOnlyFromAmong(States);
        var limit = new Option<int>("--limit") { Description = "Maximum number of runs", HelpName = "number", DefaultValueFactory = _ => 20 };
        var command = new Command("runs", "List runs, newest first") { run, state, limit };
        command.SetAction(app.Action(async (call, cancellation) =>
        {
            if (call.Parsed.GetValue(run) is { } id) return await ShowAsync(call, id, cancellation);
            var filter = call.Value(state) is { } only ? $"&state={only}" : "";
            var list = await call.Api.GetAsync($"api/runs?limit={call.Value(limit)}{filter}", cancellation);
            var runs = list["runs"]!.AsArray().Select(each => RunInfo.Of(each!)).ToList();
            if (call.IsJson) Call.WriteJson(list);
            else if (runs.Count == 0) call.Screen.WriteLine("There are no such runs.");
            else call.Screen.Write(RunViews.Table(runs, TimeProvider.System.GetUtcNow()));
            return ExitCode.Ok;
        }));
        return command;
    }

    /// <summary><c>show</c>: what is known about a run.</summary>
    public static Command Show(AppOptions app)
    {
        var run = RunArgument(app);
        var command = new Command("show", "Show a run") { run };
        command.SetAction(app.Action((call, cancellation) => ShowAsync(call, call.Value(run), cancellation)));
        return command;
    }

    private static async Task<int> ShowAsync(Call call, string run, CancellationToken cancellation)
    {
        var json = await call.Api.GetAsync($"api/runs/{Uri.EscapeDataString(run)}", cancellation);
        Show(call, json);
        return ExitCode.Ok;
    }

    /// <summary>Writes a run.</summary>
    public static void Show(Call call, JsonObject run)
    {
        if (call.IsJson) Call.WriteJson(run);
        else call.Screen.Write(RunViews.Details(RunInfo.Of(run), TimeProvider.System.GetUtcNow()));
    }
}
