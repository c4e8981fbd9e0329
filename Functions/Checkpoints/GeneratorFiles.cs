using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>Finds the generator that a path names, and passes over damaged ones.</summary>
public sealed class GeneratorFiles(RunStore runs, CheckpointStore checkpoints)
{
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
        if (choice.ProblemWith(row) is { } problem) return problem;
        var found = await checkpoints.LoadGeneratorAsync(run, choice.EpochIn(row), manifest => IsKnown(tagOf?.Invoke(manifest)), cancellation);
        if (found is not (var manifest, var file)) return choice.NotFound(row);
        try
        {
            return Tagged(file is null ? Results.StatusCode(StatusCodes.Status304NotModified) : await answer(row, manifest, file), tagOf?.Invoke(manifest), choice);
        }
        catch (InvalidDataException strange)
        {
            return Problems.Conflict("The checkpoint cannot be used.", $"Checkpoint {manifest.Name} of run '{run}': {strange.Message}", $"/api/runs/{run}");
        }

        bool IsKnown(string? tag) => tag is not null && EntityTag.IsKnown(request, Quoted(tag));
    }

    private static string Quoted(string tag) => $"\"{tag}\"";

    private static IResult Tagged(IResult result, string? tag, CheckpointChoice choice) => tag is null ? result : result
        .WithHeader(HeaderNames.ETag, Quoted(tag))
        .WithHeader(HeaderNames.CacheControl, choice.CacheControl);
}
