using System.CommandLine;
using GanFunctions.Cli.Training;

namespace GanFunctions.Cli.Commands;

/// <summary><c>train</c>: uploads pictures, starts a run and follows it.</summary>
internal static class TrainCommand
{
    /// <summary>The command.</summary>
    public static Command Create(AppOptions app)
    {
        var source = new Argument<string>("source")
        {
            Description = "A folder of pictures, optionally with one subfolder per class, an archive of such a folder, or the name of a data set",
        };
        var detach = new Option<bool>("--detach", "-d") { Description = "End as soon as the run is started" };
        var options = new TrainOptions();
        var command = new Command("train", "Train on a folder of pictures, an archive or a data set") { source, detach };
        foreach (var option in options.All) command.Add(option);
        command.SetAction(app.Action(async (call, cancellation) =>
        {
            var request = options.Read(PictureSource.Of(call.Value(source)), call.Parsed);
            if (request.Source.Path is null && request.Upload.Count > 0)
            {
                throw new InvalidOperationException(
                    $"{string.Join(", ", request.Upload.Keys)} applies to uploaded pictures; the data set '{request.Source.Name}' is used as it is.");
            }
            var run = await new Trainer(call.Api, call.Screen, TimeProvider.System).ResumeOrStartAsync(request, cancellation);
            if (!call.Value(detach)) return await WatchCommand.FollowAsync(call, run, cancellation);
            if (call.IsJson) RunCommands.Show(call, await call.Api.GetAsync($"api/runs/{run}", cancellation));
            return ExitCode.Ok;
        }));
        return command;
    }
}
