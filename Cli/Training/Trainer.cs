using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using GanFunctions.Cli.Api;
using GanFunctions.Cli.Display;

namespace GanFunctions.Cli.Training;

/// <summary>
/// Uploads a folder or archive of pictures, and starts a run on it. The same request resumes the run that it started before.
/// </summary>
/// <param name="api">The app.</param>
/// <param name="screen">Where to show progress.</param>
/// <param name="time">Waits between two looks at a conversion.</param>
public sealed class Trainer(AppClient api, Screen screen, TimeProvider time)
{
    private const string Run = "run", Dataset = "dataset", InitFrom = "initFrom"; // fields of the body that starts a run
    private const string Sample = "digits"; // a data set that every app has
    private const int ShownProblems = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Resumes the run that the same request started before, or uploads the pictures and starts one.</summary>
    /// <returns>The run's id.</returns>
    /// <exception cref="RefusedException">The app refuses the upload or the options.</exception>
    /// <exception cref="InvalidOperationException">There is no such data set, or the pictures cannot be used.</exception>
    public async Task<string> ResumeOrStartAsync(TrainRequest request, CancellationToken cancellation)
    {
        if (await ResumeAsync(request, cancellation) is { } run) return run;
        if (request.Source.Path is not null)
        {
            await CheckAsync(request, cancellation);
            await UploadAsync(request, cancellation);
        }
        return await StartAsync(request, cancellation);
    }

    private async Task<string?> ResumeAsync(TrainRequest request, CancellationToken cancellation)
    {
        var name = request.Source.Name;
        var dataset = await api.FindDatasetAsync(name, cancellation);
        if (dataset is null && request.Source.Path is null)
            throw new InvalidOperationException($"There is no folder or archive '{name}', and no data set of that name.");
        if (dataset is null || request.Upload.Any(option => ValueOf(option.Key, dataset) is { } used && used != option.Value)) return null;
        if (await ResolveAsync(request, cancellation) is not { } options) return null;
        var started = (await api.RunsAsync(cancellation)).FirstOrDefault(
            each => each.IsUnfinished && IsNameOf(each.Run, request) && IsResolution(each.Options, options, request.Given[InitFrom]));
        if (started is null) return null;
        if (started.Actions.Contains("resume")) await api.PostAsync($"api/runs/{started.Run}/resume", null, cancellation);
        screen.WriteLine($"Resuming '{started.Run}'; follow it at {api.PageOf(started.Run)}");
        return started.Run;
    }

    /// <summary>The options that a start would resolve to; null if the data set is not available now.</summary>
    private async Task<JsonObject?> ResolveAsync(TrainRequest request, CancellationToken cancellation)
    {
        try
        {
            var options = await api.PostAsync("api/runs?dryRun=true", Body(request, run: null, request.Source.Name), cancellation);
            options.Remove("estimate"); // of the costs
            return options;
        }
        catch (RefusedException refused) when (refused.Status == HttpStatusCode.UnprocessableEntity)
        {
            return null;
        }
    }

    /// <summary>Checks the options as far as they do not depend on the pictures, because an upload takes time.</summary>
    private async Task CheckAsync(TrainRequest request, CancellationToken cancellation)
    {
        var body = Body(request, run: null, Sample);
        body.Remove(InitFrom); // the networks of another run fit only its data set
        await api.PostAsync("api/runs?dryRun=true", body, cancellation);
    }

    // The start has resolved the checkpoint that a run starts from, which may not be the latest any more.
    private static bool IsResolution(JsonObject started, JsonObject resolved, JsonNode? from)
    {
        var (one, other) = (started.DeepClone().AsObject(), resolved.DeepClone().AsObject());
        var initFrom = one[InitFrom];
        one.Remove(InitFrom);
        other.Remove(InitFrom);
        if (!JsonNode.DeepEquals(one, other) || initFrom is null != from is null) return false;
        return from is null || (JsonNode.DeepEquals(from[Run], initFrom![Run]) && (from["epoch"] is not { } epoch || JsonNode.DeepEquals(epoch, initFrom["epoch"])));
    }

    /// <summary>What a data set was converted with; null if unknown.</summary>
    private static string? ValueOf(string option, DatasetInfo dataset) => option switch
    {
        "size" => $"{dataset.Size}",
        "channels" => $"{dataset.Channels}",
        "fit" => dataset.Conversion?.Choice?.Fit,
        "background" => dataset.Conversion?.Choice?.Background,
        _ => null,
    };

    private async Task UploadAsync(TrainRequest request, CancellationToken cancellation)
    {
        var (name, source) = (request.Source.Name, request.Source);
        screen.WriteLine($"Uploading '{source.Path}' as the data set '{name}'");
        try
        {
            await SendAsync(request, cancellation);
        }
        catch (RefusedException refused) when (refused.Status == HttpStatusCode.Conflict)
        {
            throw new RefusedException(refused.Status, $"{refused.Message} {request.Advice}");
        }
        var view = await ProgressDisplay.ShowAsync(screen, ConvertAsync(name, cancellation), ProgressLine.Of);
        if (view.Conversion is { ProblemCount: > 0 } skipped)
        {
            screen.WriteLine($"{skipped.ProblemCount} of {skipped.Total} files cannot be used:");
            foreach (var problem in skipped.Problems.Take(ShownProblems)) screen.WriteLine($"  {problem.File}: {problem.Problem}");
        }
        if (view.Conversion is { State: "failed", Error: var error })
            throw new InvalidOperationException($"'{source.Path}' cannot be used: {error}");
        var (pictures, colour) = (view.Train + (view.Test ?? 0), view.Channels switch { 1 => "greyscale", 3 => "colour", _ => "colour with transparency" });
        var classes = view.ClassNames is { Count: > 1 } names ? $", in the classes {string.Join(", ", names)}" : "";
        screen.WriteLine($"Data set '{name}': {pictures} pictures of {view.Width}x{view.Height}, {colour}{classes}");
    }

    private async Task SendAsync(TrainRequest request, CancellationToken cancellation)
    {
        var (name, source) = (request.Source.Name, request.Source);
        var query = string.Join('&', request.Upload.Select(option => $"{option.Key}={Uri.EscapeDataString(option.Value)}"));
        if (source.Length <= BlockUpload.MaxWhole)
        {
            using var archive = source.Open();
            await api.UploadAsync($"api/datasets/{name}?{query}", archive, cancellation);
            return;
        }
        var upload = Guid.NewGuid().ToString("N");
        await using var blocks = new BlockUpload(api, $"api/datasets/{name}/uploads/{upload}");
        await source.WriteAsync(blocks, cancellation);
        await blocks.CompleteAsync(cancellation);
        await api.UploadAsync($"api/datasets/{name}?upload={upload}&blocks={blocks.Blocks}&{query}", content: null, cancellation);
    }

    private async IAsyncEnumerable<DatasetInfo> ConvertAsync(string name, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await api.FindDatasetAsync(name, cancellation) is { } view)
        {
            yield return view;
            if (view.Conversion is not { HasEnded: false }) yield break;
            await Task.Delay(Interval, time, cancellation);
        }
        throw new InvalidOperationException($"The data set '{name}' was removed.");
    }

    private async Task<string> StartAsync(TrainRequest request, CancellationToken cancellation)
    {
        var name = request.Source.Name;
        for (var number = 1; ; number++)
        {
            var run = (string?)request.Given[Run] ?? (number == 1 ? name : $"{name}-{number}");
            try
            {
                await api.PostAsync("api/runs", Body(request, run, name), cancellation);
            }
            catch (RefusedException refused) when (refused.Status == HttpStatusCode.Conflict && request.Given[Run] is null)
            {
                continue; // the id is taken
            }
            screen.WriteLine($"Training '{run}' on the data set '{name}'; follow it at {api.PageOf(run)}");
            return run;
        }
    }

    private static JsonObject Body(TrainRequest request, string? run, string dataset)
    {
        var body = request.Given.DeepClone().AsObject();
        body.Remove(Run);
        if (run is not null) body[Run] = run;
        body[Dataset] = dataset;
        return body;
    }

    private static bool IsNameOf(string run, TrainRequest request)
    {
        if ((string?)request.Given[Run] is { } given) return run == given;
        var name = request.Source.Name;
        return run == name
            || (run.StartsWith($"{name}-", StringComparison.Ordinal)
                && int.TryParse(run.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }
}
