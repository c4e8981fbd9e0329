using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using GanFunctions.Cli.Api;

namespace GanFunctions.Functions.Terminal;

/// <summary>
/// <c>dotnet run --project Functions -- demo</c>: a short training through the app's own HTTP API, with progress in the terminal and a picture at the
/// end. The first epoch measures the machine's speed, and the run is extended to a total of about three minutes.
/// </summary>
public sealed partial class DemoRun(LocalRun local, TimeProvider time) : BackgroundService
{
    private const int MinEpochs = 4; // of 6,400 pictures each: digits are readable after 25,600
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(150); // of training, without starting and stopping the app

    // A short moving average, because the run is short. Quality is not measured: building the quality reference would take the first minute.
    private static readonly JsonObject Recipe = new()
    {
        ["epochs"] = MinEpochs,
        ["imagesPerEpoch"] = 6_400,
        ["emaDecay"] = 0.995,
        ["qualitySamples"] = 0,
    };

    private long? _begun;
    private bool _isLengthKnown;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => local.RunAsync(TrainAsync, "Stopped. The training is committed.", stoppingToken);

    private async Task TrainAsync(AppClient api, CancellationToken cancellation)
    {
        await CancelEarlierAsync(api, cancellation);
        var run = await StartAsync(api, cancellation);
        await local.FinishAsync(api, run, view => ExtendAsync(api, view, cancellation), cancellation);
    }

    // An earlier demo that was stopped would continue by itself, like any run, and halve the speed of this one.
    private static async Task CancelEarlierAsync(AppClient api, CancellationToken cancellation)
    {
        foreach (var run in (await api.RunsAsync(cancellation)).Where(run => Earlier().IsMatch(run.Run) && run.IsUnfinished))
            await api.PostAsync($"api/runs/{run.Run}/cancel", null, cancellation);
    }

    private async Task<string> StartAsync(AppClient api, CancellationToken cancellation)
    {
        var run = $"demo-{time.GetLocalNow():yyyyMMdd-HHmmss}";
        foreach (var dataset in new[] { "mnist", "digits" })
        {
            var body = Recipe.DeepClone().AsObject();
            (body["run"], body["dataset"]) = (run, dataset);
            try
            {
                await api.PostAsync("api/runs", body, cancellation);
            }
            catch (RefusedException refused) when (refused.Status == HttpStatusCode.UnprocessableEntity)
            {
                Console.WriteLine($"{refused.Message}\nThe demo trains on the built-in digits instead.");
                continue;
            }
            Console.WriteLine($"Training '{run}' on {(dataset == "mnist" ? "MNIST" : "the built-in digits")}; follow it at {api.PageOf(run)}");
            return run;
        }
        throw new InvalidOperationException("No data set is available, not even the built-in digits.");
    }

    private async Task ExtendAsync(AppClient api, RunInfo view, CancellationToken cancellation)
    {
        if (view.Progress.Step > 0) _begun ??= time.GetTimestamp();
        if (_isLengthKnown || _begun is not { } since || view.Progress.Epoch <= 1) return;
        _isLengthKnown = true;
        var more = (int)(Length / time.GetElapsedTime(since)) - MinEpochs;
        if (more > 0) await api.PostAsync($"api/runs/{view.Run}/extend", new() { ["epochs"] = more }, cancellation);
    }

    [GeneratedRegex(@"\Ademo-\d{8}-\d{6}\z")]
    private static partial Regex Earlier();
}
