using System.CommandLine;
using System.Runtime.CompilerServices;
using GanFunctions.Cli.Api;
using GanFunctions.Cli.Display;

namespace GanFunctions.Cli.Commands;

/// <summary><c>watch</c>: follows a run.</summary>
internal static class WatchCommand
{
    /// <summary>The command.</summary>
    public static Command Create(AppOptions app)
    {
        var run = RunCommands.RunArgument(app);
        var command = new Command("watch", "Follow a run until it ends or is paused") { run };
        command.SetAction(app.Action((call, cancellation) => FollowAsync(call, call.Value(run), cancellation)));
        return command;
    }

    /// <summary>Shows a run until it is at rest.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> FollowAsync(Call call, string run, CancellationToken cancellation)
    {
        var id = Uri.EscapeDataString(run);
        var losses = await call.Api.GetAsync($"api/runs/{id}/losses", cancellation);
        RunInfo? last;
        try
        {
            last = call.IsJson
                ? await ViewsAsync(call, id, cancellation).LastOrDefaultAsync(cancellation)
                : await WatchDisplay.ShowAsync(call.Screen, losses, ViewsAsync(call, id, cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Screen.Error.WriteLine($"The run goes on in the app; 'gan watch {run}' follows it again.");
            throw;
        }
        switch (last?.State)
        {
            case "failed":
                Screen.Error.WriteLine($"The run '{run}' failed: {last.Error}");
                return ExitCode.Failed;
            case "cancelled":
                Screen.Error.WriteLine($"The run '{run}' was cancelled.");
                return ExitCode.Failed;
            default:
                if (last?.StoppedEarly is { } reason) call.Screen.WriteLine($"The run '{run}' stopped early: {reason}");
                return ExitCode.Ok;
        }
    }

    private static async IAsyncEnumerable<RunInfo> ViewsAsync(Call call, string run, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var json in new RunEvents(call.Api, TimeProvider.System).FollowAsync(run, cancellation))
        {
            if (call.IsJson) Call.WriteJsonLine(json);
            yield return RunInfo.Of(json);
        }
    }
}
