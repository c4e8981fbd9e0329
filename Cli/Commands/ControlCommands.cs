using System.CommandLine;
using System.Text.Json.Nodes;
using GanFunctions.Cli.Api;

namespace GanFunctions.Cli.Commands;

/// <summary><c>pause</c>, <c>resume</c>, <c>cancel</c>, <c>extend</c> and <c>delete</c>.</summary>
internal static class ControlCommands
{
    /// <summary>A command that changes what a run does.</summary>
    /// <param name="app">The options of every command.</param>
    /// <param name="verb">The name of the command and of the call.</param>
    /// <param name="description">What it does.</param>
    public static Command Change(AppOptions app, string verb, string description)
    {
        var run = RunCommands.RunArgument(app);
        var command = new Command(verb, description) { run };
        command.SetAction(app.Action((call, cancellation) => ChangeAsync(call, call.Value(run), verb, null, cancellation)));
        return command;
    }

    /// <summary><c>extend</c>: adds epochs or pictures to the plan.</summary>
    public static Command Extend(AppOptions app)
    {
        var run = RunCommands.RunArgument(app);
        var epochs = new Option<int?>("--epochs") { Description = "Number of epochs to add", HelpName = "number" };
        var images = new Option<long?>("--images") { Description = "Number of pictures to add", HelpName = "number" };
        var command = new Command("extend", "Train a run further") { run, epochs, images };
        command.Validators.Add(result =>
        {
            if (result.GetValue(epochs) is null == result.GetValue(images) is null) result.AddError("Give either --epochs or --images.");
        });
        command.SetAction(app.Action((call, cancellation) => ChangeAsync(
            call, call.Value(run), "extend",
            call.Value(epochs) is { } more ? new JsonObject { ["epochs"] = more } : new JsonObject { ["images"] = call.Value(images) },
            cancellation)));
        return command;
    }

    /// <summary><c>delete</c>: deletes runs.</summary>
    public static Command Delete(AppOptions app)
    {
        var run = RunCommands.RunArgument(app);
        var command = new Command("delete", "Delete a run that has ended, with everything it stored") { run };
        command.SetAction(app.Action(async (call, cancellation) =>
        {
            var id = call.Value(run);
            await call.Api.DeleteAsync($"api/runs/{Uri.EscapeDataString(id)}", cancellation);
            if (call.IsJson) Call.WriteJson(new JsonObject { ["run"] = id, ["deleted"] = true });
            else call.Screen.WriteLine($"Run '{id}' is deleted.");
            return ExitCode.Ok;
        }));
        return command;
    }

    private static async Task<int> ChangeAsync(Call call, string run, string verb, JsonObject? body, CancellationToken cancellation)
    {
        var changed = await call.Api.PostAsync($"api/runs/{Uri.EscapeDataString(run)}/{verb}", body, cancellation);
        var info = RunInfo.Of(changed);
        if (call.IsJson) Call.WriteJson(changed);
        else call.Screen.WriteLine($"Run '{run}' is {info.State}, epoch {info.Progress.Epoch} of {info.Progress.Epochs}.");
        return ExitCode.Ok;
    }
}
