using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>Finds the generator that a path names, and passes over damaged ones.</summary>
public sealed class GeneratorFiles(RunStore runs, CheckpointStore checkpoints)
{
    private const string SecondsToWait = "15";

    /// <summary>Answers from the file of a checkpoint, with 304 where the caller has the answer already, or says why there is none.</summary>
    /// <param name="request">May say what the caller has.</param>
    /// <param name="run">The run's id.</param>
    /// <param name="choice">Which checkpoint.</param>
    /// <param name="tagOf">Names the answer from a checkpoint; null where it may change.</param>
    /// <param name="answer">Makes the answer from the checkpoint and its <c>generator</c> file; an <see cref="InvalidDataException"/> becomes a 409.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IResult> AnswerAsync(
        HttpRequest request, string run, CheckpointChoice choice, Func<Manifest, string>? tagOf, Func<RunRow, Manifest, byte[], Task<IResult>> answer,
        CancellationToken cancellation)
    {
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        if (choice.Best && row.BestEpoch is null) return NoBest(row);
        var epoch = choice.Best ? row.BestEpoch : choice.Epoch;
        var found = await checkpoints.LoadGeneratorAsync(run, epoch, manifest => IsKnown(tagOf?.Invoke(manifest)), cancellation);
        if (found is not (var manifest, var file)) return NoCheckpoint(run, epoch);
        try
        {
            return Tagged(file is null ? Results.StatusCode(StatusCodes.Status304NotModified) : await answer(row, manifest, file), tagOf?.Invoke(manifest), choice);
        }
        catch (InvalidDataException strange)
        {
            return Problems.Conflict("The checkpoint cannot be used.", $"Checkpoint {manifest.Name} of run '{run}': {strange.Message}", $"/api/runs/{run}");
        }

        bool IsKnown(string? tag) => tag is not null
            && request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(Quoted(tag), useStrongComparison: false));
    }

    private static EntityTagHeaderValue Quoted(string tag) => new($"\"{tag}\"");

    private static IResult Tagged(IResult result, string? tag, CheckpointChoice choice) => tag is null ? result : result
        .WithHeader(HeaderNames.ETag, Quoted(tag).ToString())
        .WithHeader(HeaderNames.CacheControl, choice.Moves ? "no-cache" : "private, max-age=3600");

    private static IResult NoCheckpoint(string run, int? epoch) => epoch is { } number
        ? Problems.NotFound("No such checkpoint.", $"Epoch {number} of run '{run}' has no whole checkpoint; see /api/runs/{run}/checkpoints.")
        : Problems.NotFound("No checkpoint yet.", $"Run '{run}' has no checkpoint yet.").WithHeader(HeaderNames.RetryAfter, SecondsToWait);

    private static IResult NoBest(RunRow row) => row.Options.QualitySamples == 0
        ? Problems.Conflict(
            "The run has no best epoch.", $"Run '{row.RowKey}' does not measure its pictures: its qualitySamples is 0.", $"/api/runs/{row.RowKey}")
        : Problems.NotFound("No best epoch yet.", $"Run '{row.RowKey}' has no epoch yet whose pictures were measured.")
            .WithHeader(HeaderNames.RetryAfter, SecondsToWait);
}
