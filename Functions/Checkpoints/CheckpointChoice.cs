using System.Globalization;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>Which checkpoint of a run is meant.</summary>
/// <param name="Epoch">Of which epoch; null is the latest, or the best.</param>
/// <param name="Best">Of the epoch with the lowest Fréchet distance.</param>
public readonly record struct CheckpointChoice(int? Epoch, bool Best)
{
    /// <summary>Whether it may come to mean another checkpoint.</summary>
    public bool Moves => Epoch is null;

    /// <summary>How long the answer may be kept.</summary>
    public string CacheControl => Moves ? "no-cache" : "private, max-age=3600";

    /// <summary>Reads the number of an epoch, <c>latest</c> or <c>best</c>, null for <c>latest</c>; what is wrong goes to <paramref name="problems"/>.</summary>
    public static CheckpointChoice Read(string? text, QueryReader problems)
    {
        if (text is null or "latest" or "best") return new(null, text == "best");
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch is >= 1 and <= 99_999) return new(epoch, false);
        problems.Refuse("epoch", $"epoch: '{text}' is not valid; it must be a whole number from 1 to 99999 or latest or best.");
        return default;
    }

    /// <summary>The epoch that is meant; null is the latest checkpoint.</summary>
    public int? EpochIn(RunRow row) => Best ? row.BestEpoch : Epoch;

    /// <summary>The answer where a run has no best epoch, else null.</summary>
    public IResult? ProblemWith(RunRow row) => (Best, row) switch
    {
        (false, _) or (_, { BestEpoch: not null }) => null,
        (_, { Options.QualitySamples: 0 }) => Problems.Conflict(
            "The run has no best epoch.", $"Run '{row.RowKey}' does not measure its pictures: its qualitySamples is 0.", $"/api/runs/{row.RowKey}"),
        _ => Problems.NotFound("No best epoch yet.", $"Run '{row.RowKey}' has no epoch yet whose pictures were measured.")
            .WithHeader(HeaderNames.RetryAfter, NextEpoch.SecondsUntil(row)),
    };

    /// <summary>The answer where there is no such checkpoint, or none that is whole.</summary>
    public IResult NotFound(RunRow row) => EpochIn(row) is { } epoch
        ? Problems.NotFound("No such checkpoint.", $"Epoch {epoch} of run '{row.RowKey}' has no whole checkpoint; see /api/runs/{row.RowKey}/checkpoints.")
        : Problems.NotFound("No checkpoint yet.", $"Run '{row.RowKey}' has no checkpoint yet.").WithHeader(HeaderNames.RetryAfter, NextEpoch.SecondsUntil(row));
}
