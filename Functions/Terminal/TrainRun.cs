using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Terminal;

/// <summary>
/// <c>dotnet run --project Functions -- train ...</c>: uploads a folder or archive of pictures through the app's own HTTP API, trains on it with progress
/// in the terminal, and saves pictures. The same command resumes a run that was stopped.
/// </summary>
internal sealed class TrainRun(TrainArguments arguments, LocalRun local, TimeProvider time) : BackgroundService
{
    private const int ShownProblems = 3;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => local.RunAsync(
        TrainAsync, "Stopped. The training is committed; the same command resumes it.", stoppingToken);

    private async Task TrainAsync(LocalApi api, CancellationToken cancellation)
    {
        var run = await ResumeAsync(api, cancellation);
        if (run is null)
        {
            if (arguments.Source.Path is not null) await UploadAsync(api, cancellation);
            run = await StartAsync(api, cancellation);
        }
        await local.FinishAsync(api, run, _ => Task.CompletedTask, cancellation);
    }

    /// <summary>Resumes the run that the same command started before.</summary>
    /// <returns>Its id; null if there is none, or it has ended.</returns>
    private async Task<string?> ResumeAsync(LocalApi api, CancellationToken cancellation)
    {
        var dataset = await api.FindDatasetAsync(arguments.Source.Name, cancellation);
        if (dataset is null && arguments.Source.Path is null)
            throw new InvalidOperationException($"There is no folder or archive '{arguments.Source.Name}', and no data set of that name.");
        if (dataset is null || arguments.Upload.Any(option => ValueOf(option.Key, dataset) is { } used && used != option.Value)) return null;
        var options = OptionsReader.Read(arguments.Given, dataset.ToInfo());
        var started = (await api.RunsAsync(cancellation))
            .FirstOrDefault(each => IsNamedAfterSource(each.Run) && LocalApi.IsUnfinished(each) && IsResolutionOf(options, each.Options));
        if (started is null) return null;
        if (started.Actions.Contains(RunAction.Resume)) await api.PostAsync($"api/runs/{started.Run}/resume", null, cancellation);
        Console.WriteLine($"Resuming '{started.Run}'; follow it at {api.PageOf(started.Run)}");
        return started.Run;
    }

    // The start has resolved the checkpoint that a run starts from.
    private static bool IsResolutionOf(TrainingOptions given, TrainingOptions resolved) =>
        resolved with { InitFrom = given.InitFrom } == given
        && (given.InitFrom is { } from ? resolved.InitFrom?.IsResolutionOf(from) == true : resolved.InitFrom is null);

    /// <summary>What a data set was converted with; null if unknown.</summary>
    private static string? ValueOf(string option, DatasetView dataset) => option switch
    {
        "size" => $"{dataset.Size}",
        "channels" => $"{dataset.Channels}",
        "fit" => dataset.Conversion?.Choice is { } choice ? Problems.Name(choice.Fit) : null,
        "background" => dataset.Conversion?.Choice?.Background,
        _ => null,
    };

    private async Task UploadAsync(LocalApi api, CancellationToken cancellation)
    {
        var name = arguments.Source.Name;
        Console.WriteLine($"Uploading '{arguments.Source.Path}' as the data set '{name}'");
        var query = string.Join('&', arguments.Upload.Select(option => $"{option.Key}={Uri.EscapeDataString(option.Value)}"));
        try
        {
            using var archive = arguments.Source.Open();
            await api.UploadAsync($"api/datasets/{name}?{query}", archive, cancellation);
        }
        catch (RefusedException refused) when (refused.Status == HttpStatusCode.Conflict)
        {
            throw new InvalidOperationException(
                $"{refused.Message} Either repeat the command that started it, or start the app (dotnet run --project Functions) and cancel it on the page.");
        }
        var view = await ProgressDisplay.ShowAsync(ConvertAsync(api, name, cancellation), Describe);
        if (view.Conversion is { ProblemCount: > 0 } skipped)
        {
            Console.WriteLine($"{skipped.ProblemCount} of {skipped.Total} files cannot be used:");
            foreach (var problem in skipped.Problems.Take(ShownProblems)) Console.WriteLine($"  {problem.File}: {problem.Problem}");
        }
        if (view.Conversion is { State: ConversionState.Failed, Error: var error })
            throw new InvalidOperationException($"'{arguments.Source.Path}' cannot be used: {error}");
        var (pictures, colour) = (view.Train + (view.Test ?? 0), view.Channels switch { 1 => "greyscale", 3 => "colour", _ => "colour with transparency" });
        var classes = view.ClassNames is { Count: > 1 } names ? $", in the classes {string.Join(", ", names)}" : "";
        Console.WriteLine($"Data set '{name}': {pictures} pictures of {view.Width}x{view.Height}, {colour}{classes}");
    }

    private async IAsyncEnumerable<DatasetView> ConvertAsync(LocalApi api, string name, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await api.FindDatasetAsync(name, cancellation) is { } view)
        {
            yield return view;
            if (view.Conversion is null or { State: ConversionState.Ready or ConversionState.Failed }) yield break;
            await Task.Delay(LocalRun.Interval, time, cancellation);
        }
        throw new InvalidOperationException($"The data set '{name}' was removed.");
    }

    private static ProgressLine Describe(DatasetView view)
    {
        var (done, total) = (view.Conversion?.Done ?? 0, view.Conversion?.Total ?? 0);
        return new("converting", $"converting  {done}/{total} files", total == 0 ? 0 : (double)done / total);
    }

    private async Task<string> StartAsync(LocalApi api, CancellationToken cancellation)
    {
        for (var number = 1; ; number++)
        {
            var run = number == 1 ? arguments.Source.Name : $"{arguments.Source.Name}-{number}";
            var body = arguments.Given.DeepClone().AsObject();
            body["run"] = run;
            try
            {
                await api.PostAsync("api/runs", body, cancellation);
            }
            catch (RefusedException refused) when (refused.Status == HttpStatusCode.Conflict)
            {
                continue; // the id is taken
            }
            Console.WriteLine($"Training '{run}' on the data set '{arguments.Source.Name}'; follow it at {api.PageOf(run)}");
            return run;
        }
    }

    private bool IsNamedAfterSource(string run) =>
        run == arguments.Source.Name
        || (run.StartsWith($"{arguments.Source.Name}-", StringComparison.Ordinal)
            && int.TryParse(run.AsSpan(arguments.Source.Name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _));
}
