using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Samples;

/// <summary>Answers with what a generator of a run draws: finds its checkpoint, loads it once, and says 304 to who has the answer already.</summary>
public sealed class Pictures(CheckpointStore checkpoints, SettledCheckpoints candidates, GeneratorCache generators) : IDisposable
{
    private readonly SemaphoreSlim _drawing = new(Math.Max(1, Environment.ProcessorCount / 2)); // the other processors are left to training

    /// <summary>Draws, or says why not.</summary>
    /// <param name="row">The run.</param>
    /// <param name="choice">Which of its generators.</param>
    /// <param name="request">Says what the caller has already.</param>
    /// <param name="asked">What is asked of the generator besides: with the same, the same bytes come out.</param>
    /// <param name="format">What <paramref name="draw"/> writes.</param>
    /// <param name="draw">The answer's bytes, or what is wrong with the question; on a thread of its own.</param>
    /// <param name="cancellation">Gives up waiting for a thread.</param>
    public async Task<IResult> AnswerAsync(
        RunRow row, GeneratorChoice choice, HttpRequest request, string asked, Format format,
        Func<Generator, Manifest, (byte[]? Bytes, IResult? Wrong)> draw, CancellationToken cancellation)
    {
        var run = row.RowKey;
        if (choice.Label is not null && !row.Options.Conditional) return NoLabels(row);
        if (choice.Checkpoint.ProblemWith(row) is { } problem) return problem;
        await foreach (var manifest in candidates.CandidatesAsync(row, choice.Checkpoint, cancellation))
        {
            var tag = EntityTag.Of($"{manifest.Generator.Sha256}/{choice.Tag}/{asked}/{format.Name}/{PictureEncoder.Version}");
            if (EntityTag.IsKnown(request, tag)) return Tagged(Results.StatusCode(304), tag, choice);
            try
            {
                var generator = await generators.GetAsync(
                    manifest.Generator.Sha256, averaged: !choice.Raw, () => checkpoints.ReadAsync(run, manifest.Generator, CancellationToken.None));
                if (choice.Label is { } label && !generator.Labels.Contains(label)) return NoSuchLabel(label, generator);
                var (bytes, wrong) = await OnOneThreadAsync(() => draw(generator, manifest), cancellation);
                return wrong ?? Tagged(Results.Bytes(bytes!, format.MediaType), tag, choice).WithHeader("X-Checkpoint", manifest.Name);
            }
            catch (InvalidDataException damage)
            {
                checkpoints.LogDamaged(run, manifest.Name, damage.Message);
            }
        }
        return choice.Checkpoint.NotFound(row);
    }

    /// <inheritdoc/>
    public void Dispose() => _drawing.Dispose();

    private async Task<T> OnOneThreadAsync<T>(Func<T> draw, CancellationToken cancellation)
    {
        await _drawing.WaitAsync(cancellation);
        try
        {
            return await Task.Run(draw, cancellation);
        }
        finally
        {
            _drawing.Release();
        }
    }

    // What an epoch draws never changes; which is the latest, or the best, does.
    private static IResult Tagged(IResult result, string tag, GeneratorChoice choice) => result
        .WithHeader(HeaderNames.ETag, tag)
        .WithHeader(HeaderNames.Vary, HeaderNames.Accept)
        .WithHeader(HeaderNames.CacheControl, choice.Checkpoint.CacheControl);

    private static IResult NoLabels(RunRow row) => Problems.Invalid("label",
        $"label: run '{row.RowKey}' is not conditional, so that nothing can be asked of it by label; leave label out, or start a run with conditional: true.");

    private static IResult NoSuchLabel(int label, Generator generator) => Problems.Invalid("label",
        $"label: {label} is not valid; it must be one of {string.Join(", ", generator.Labels)}.");
}
