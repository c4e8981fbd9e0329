using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Cli.Api;
using GanFunctions.Cli.Display;

namespace GanFunctions.Cli.Commands;

/// <summary><c>sweep</c>: starts a sweep and follows it, or follows one that runs already.</summary>
internal static class SweepCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>The command.</summary>
    public static Command Create(AppOptions app)
    {
        var source = new Argument<string>("sweep") { Description = "A JSON file that defines a sweep, or the id of a sweep that has been started" };
        var detach = new Option<bool>("--detach", "-d") { Description = "End as soon as the sweep is started" };
        var command = new Command("sweep", "Start a sweep and follow it") { source, detach };
        command.SetAction(app.Action(async (call, cancellation) =>
        {
            var (named, isFile) = (call.Value(source), File.Exists(call.Value(source)));
            var started = isFile
                ? await call.Api.PostAsync("api/sweeps", await ReadAsync(named, cancellation), cancellation)
                : await call.Api.GetAsync(PathOf(named), cancellation);
            var id = (string)started["sweep"]!;
            if (isFile) call.Screen.WriteLine($"Started the sweep '{id}'.");
            if (!call.Value(detach)) return await FollowAsync(call, id, cancellation);
            if (call.IsJson) Call.WriteJson(started);
            return ExitCode.Ok;
        }));
        return command;
    }

    private static async Task<int> FollowAsync(Call call, string id, CancellationToken cancellation)
    {
        var last = call.IsJson
            ? await ViewsAsync(call, id, cancellation).LastAsync(cancellation)
            : await ProgressDisplay.ShowAsync(call.Screen, ViewsAsync(call, id, cancellation), SweepViews.Progress);
        if (!call.IsJson) call.Screen.Write(SweepViews.Table(last));
        if (last.StoppedEarly is { } limit) call.Screen.WriteLine(limit);
        if (last.State == "completed") return ExitCode.Ok;
        Screen.Error.WriteLine(last.State == "failed" ? $"The sweep '{id}' failed: {last.Error}" : $"The sweep '{id}' was cancelled.");
        return ExitCode.Failed;
    }

    private static async IAsyncEnumerable<SweepInfo> ViewsAsync(Call call, string id, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? written = null;
        while (true)
        {
            var json = await call.Api.GetAsync(PathOf(id), cancellation);
            if (call.IsJson && json.ToJsonString() != written)
            {
                Call.WriteJsonLine(json);
                written = json.ToJsonString();
            }
            var view = SweepInfo.Of(json);
            yield return view;
            if (view.HasEnded) yield break;
            await Task.Delay(Interval, cancellation);
        }
    }

    private static async Task<JsonObject> ReadAsync(string file, CancellationToken cancellation)
    {
        try
        {
            var json = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellation), documentOptions: new() { CommentHandling = JsonCommentHandling.Skip });
            return json as JsonObject ?? throw new InvalidOperationException($"'{file}' is not a JSON object.");
        }
        catch (JsonException damage)
        {
            throw new InvalidOperationException($"'{file}' is not JSON: {damage.Message}");
        }
    }

    private static string PathOf(string id) => $"api/sweeps/{Uri.EscapeDataString(id)}";
}
