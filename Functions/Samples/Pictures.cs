using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Samples;

/// <summary>Responds with pictures of a run: finds the checkpoint, loads its generator once, and responds with 304 if the client has the pictures.</summary>
public sealed class Pictures(CheckpointStore checkpoints, CheckpointCache candidates, GeneratorCache generators, PictureLanes lanes)
{
    /// <summary>Generates pictures, or responds with an error.</summary>
    /// <param name="row">The run.</param>
    /// <param name="choice">The generator.</param>
    /// <param name="request">The request, which may carry <c>If-None-Match</c>.</param>
    /// <param name="inputs">All other inputs of <paramref name="draw"/>: equal inputs give equal bytes.</param>
    /// <param name="format">The format that <paramref name="draw"/> writes.</param>
    /// <param name="plan">Returns the work for a generator, or the error if it cannot be done.</param>
    /// <param name="draw">Makes the response body, on a single thread, until the token cancels it.</param>
    /// <param name="cancellation">Cancels the wait and the work.</param>
    public async Task<IResult> RespondAsync(
        RunRow row, GeneratorChoice choice, HttpRequest request, string inputs, Format format,
        Func<Generator, Manifest, (PictureWork Work, IResult? Wrong)> plan, Func<Generator, Manifest, CancellationToken, byte[]> draw,
        CancellationToken cancellation)
    {
        var run = row.RowKey;
        if (choice.Label is not null && !row.Options.Conditional) return NoLabels(row);
        if ((choice.Checkpoint.ProblemWith(row) ?? await DroppedAsync(row, choice, cancellation)) is { } problem) return problem;
        await foreach (var manifest in candidates.CandidatesAsync(row, choice.Checkpoint, cancellation))
        {
            var tag = EntityTag.Of($"{manifest.Generator.Sha256}/{choice.Tag}/{inputs}/{format.Name}/{PictureEncoder.Version}");
            if (EntityTag.IsKnown(request, tag)) return Tagged(Results.StatusCode(304), tag, choice);
            try
            {
                PictureWork work;
                using (var rented = await RentAsync(manifest)) // not while waiting: all that wait would have their generators in memory
                {
                    if (choice.Label is { } label && choice.LabelIn(rented.Generator) is null) return NoSuchLabel(label, rented.Generator);
                    (work, var wrong) = plan(rented.Generator, manifest);
                    if (wrong is not null) return wrong;
                }
                if (await lanes.Of(work).EnterAsync(request.HttpContext, cancellation) is not { } turn) return Problems.Busy();
                var bytes = await DrawAsync(manifest, turn);
                return Tagged(Results.Bytes(bytes, format.MediaType), tag, choice).WithHeader("X-Checkpoint", manifest.Name);
            }
            catch (InvalidDataException damage)
            {
                checkpoints.LogDamaged(run, manifest.Name, damage.Message);
            }
        }
        return choice.Checkpoint.NotFound(row);

        async Task<byte[]> DrawAsync(Manifest manifest, Lane.Turn turn)
        {
            try
            {
                using var generator = await RentAsync(manifest);
                var bytes = await Task.Run(() => draw(generator.Generator, manifest, cancellation), cancellation);
                await turn.EndAsync(bytes.Length, cancellation);
                return bytes;
            }
            catch
            {
                turn.Dispose(); // the next checkpoint needs another
                throw;
            }
        }

        Task<GeneratorCache.Rental> RentAsync(Manifest manifest) => generators.RentAsync(
            manifest.Generator.Sha256, averaged: !choice.Raw, () => checkpoints.ReadAsync(run, manifest.Generator, CancellationToken.None), cancellation);
    }

    /// <summary>The error if the run has dropped the chosen generator; otherwise null.</summary>
    public Task<IResult?> DroppedAsync(RunRow row, GeneratorChoice choice, CancellationToken cancellation) =>
        choice.Checkpoint.DroppedAsync(row, checkpoints, cancellation);

    // The pictures of an epoch never change; which epoch is the latest, or the best, does.
    private static IResult Tagged(IResult result, string tag, GeneratorChoice choice) => result
        .WithHeader(HeaderNames.ETag, tag)
        .WithHeader(HeaderNames.Vary, HeaderNames.Accept)
        .WithHeader(HeaderNames.CacheControl, choice.Checkpoint.CacheControl);

    /// <summary>The error for a label if the run is not conditional.</summary>
    internal static IResult NoLabels(RunRow row) => Problems.Invalid("label",
        $"label: run '{row.RowKey}' is not conditional; leave label out, or start a run with conditional: true.");

    /// <summary>The error for a label that the generator does not have.</summary>
    internal static IResult NoSuchLabel(string label, Generator generator) => Problems.Invalid("label",
        $"label: '{label}' is not valid; it must be one of {generator.Classes}.");
}
