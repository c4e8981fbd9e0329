using System.Globalization;
using System.Text.Json.Nodes;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>The choice of a checkpoint of a run.</summary>
/// <param name="Epoch">Its epoch; null for the latest or the best checkpoint.</param>
/// <param name="Best">Whether to take the epoch with the lowest Fréchet distance.</param>
public readonly record struct CheckpointChoice(int? Epoch, bool Best)
{
    /// <summary>Whether the choice may select another checkpoint later.</summary>
    public bool IsMoving => Epoch is null;

    /// <summary>The <c>Cache-Control</c> header of the response.</summary>
    public string CacheControl => IsMoving ? "no-cache" : "private, max-age=3600";

    private const string Description = "Number of an epoch, `latest`, or `best`: the epoch with the lowest Fréchet distance.";

    /// <summary>The choice as a query parameter.</summary>
    public static Parameter<CheckpointChoice> InQuery { get; } =
        new("epoch", Description, Parameter.With(Schema(), "default", "latest"), "latest, best, or a whole number from 1 to 99999", Parse, default);

    /// <summary>The choice as a part of the path.</summary>
    public static Parameter<CheckpointChoice> InPath { get; } = InQuery with { Schema = Schema(), Example = "latest", IsInPath = true };

    private static (bool IsValid, CheckpointChoice Choice) Parse(string text) => text switch
    {
        "latest" => (true, default),
        "best" => (true, new(null, Best: true)),
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch is >= 1 and <= TrainingOptions.MaxEpochs
            ? (true, new(epoch, Best: false))
            : default,
    };

    private static JsonObject Schema() => new()
    {
        ["oneOf"] = new JsonArray(
            Parameter.Range("integer", 1, TrainingOptions.MaxEpochs),
            new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("latest", "best") }),
    };

    /// <summary>The chosen epoch; null for the latest checkpoint.</summary>
    public int? EpochIn(RunRow row) => Best ? row.BestEpoch : Epoch;

    /// <summary>The error if the best epoch is chosen and the run has none; otherwise null.</summary>
    public IResult? ProblemWith(RunRow row) => (Best, row) switch
    {
        (false, _) or (_, { BestEpoch: not null }) => null,
        (_, { Options.QualitySamples: 0 }) => Problems.Conflict(
            "The run has no best epoch.", $"Run '{row.RowKey}' does not measure quality: its qualitySamples is 0.", $"/api/runs/{row.RowKey}"),
        _ => Problems.NotFound("No best epoch yet.", $"Run '{row.RowKey}' has not measured an epoch yet.")
            .WithHeader(HeaderNames.RetryAfter, NextEpoch.SecondsUntil(row)),
    };

    /// <summary>The error if the run has dropped the generator of the chosen checkpoint (<c>keepGenerators</c>); otherwise null.</summary>
    public async Task<IResult?> DroppedAsync(RunRow row, CheckpointStore checkpoints, CancellationToken cancellation)
    {
        if (EpochIn(row) is not { } epoch || await checkpoints.FindKeptInsteadAsync(row.RowKey, epoch, row.Options, cancellation) is not { } kept) return null;
        return Problems.NotFound("The generator was dropped.", DroppedDetail(row.RowKey, epoch, row.Options.KeepGenerators!.Value, kept));
    }

    /// <summary>The detail of the error if a generator was dropped.</summary>
    internal static string DroppedDetail(string run, int epoch, int keepGenerators, IReadOnlyList<int> kept) =>
        $"Run '{run}' does not keep the generator of epoch {epoch}: its keepGenerators is {keepGenerators}. The generators of these epochs are kept: "
        + $"{EpochRanges.Of(kept)}. The sample grid of epoch {epoch} is kept as well.";

    /// <summary>The error if the chosen checkpoint does not exist or is damaged.</summary>
    public IResult NotFound(RunRow row) => EpochIn(row) is { } epoch
        ? Problems.NotFound("No such checkpoint.", $"Epoch {epoch} of run '{row.RowKey}' has no intact checkpoint; see /api/runs/{row.RowKey}/checkpoints.")
        : Problems.NotFound("No checkpoint yet.", $"Run '{row.RowKey}' has no checkpoint yet.").WithHeader(HeaderNames.RetryAfter, NextEpoch.SecondsUntil(row));
}

/// <summary>Estimates when the next checkpoint will exist.</summary>
internal static class NextEpoch
{
    private const int Unknown = 15; // seconds

    /// <summary>Seconds until the current epoch ends, for the header <c>Retry-After</c>.</summary>
    public static string SecondsUntil(RunRow row)
    {
        var stepsLeft = Math.Max(row.StepsPerEpoch - row.Step, 1);
        var seconds = row.ImagesPerSecond is > 0 ? stepsLeft * row.Options.BatchSize / row.ImagesPerSecond.Value : Unknown;
        return Math.Clamp((int)seconds, 1, 300).ToString(CultureInfo.InvariantCulture);
    }
}
