using GanFunctions.Cli.Api;
using GanFunctions.Cli.Display;
using GanFunctions.Cli.Training;

namespace GanFunctions.Functions.Terminal;

/// <summary>
/// <c>dotnet run --project Functions -- train ...</c>: uploads a folder or archive of pictures through the app's own HTTP API, trains on it with progress
/// in the terminal, and saves pictures. The same command resumes a run that was stopped.
/// </summary>
internal sealed class TrainRun(TrainArguments arguments, LocalRun local, TimeProvider time) : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => local.RunAsync(
        TrainAsync, "Stopped. The training is committed; the same command resumes it.", stoppingToken);

    private async Task TrainAsync(AppClient api, CancellationToken cancellation)
    {
        var run = await new Trainer(api, Screen.Output, time).ResumeOrStartAsync(arguments.Request, cancellation);
        await local.FinishAsync(api, run, _ => Task.CompletedTask, cancellation);
    }
}
