using System.Security.Cryptography;
using System.Text;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Imaging;
using GanFunctions.Core.Model;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Samples;

/// <summary>Answers with what a generator of a run draws: finds its checkpoint, loads it once, and says 304 to who has the answer already.</summary>
public sealed class Pictures(CheckpointStore checkpoints, GeneratorCache generators)
{
    private static readonly SemaphoreSlim Drawing = new(Math.Max(1, Environment.ProcessorCount / 2)); // the rest is for the training

    /// <summary>Draws, or says why not.</summary>
    /// <param name="row">The run.</param>
    /// <param name="choice">Which of its generators.</param>
    /// <param name="request">Says what the caller has already.</param>
    /// <param name="asked">What is asked of the generator besides: with the same, the same bytes come out.</param>
    /// <param name="format">What <paramref name="draw"/> writes.</param>
    /// <param name="draw">The answer's bytes, or what is wrong with the question; on a thread of its own.</param>
    /// <param name="cancellation">Gives up waiting for a thread.</param>
    public async Task<IResult> AnswerAsync(
        RunRow row, CheckpointChoice choice, HttpRequest request, string asked, Format format,
        Func<Generator, Manifest, (byte[]? Bytes, IResult? Wrong)> draw, CancellationToken cancellation)
    {
        var run = row.RowKey;
        if (choice.Label is not null && !row.Options.Conditional) return NoLabels(row);
        if (choice.Best && row.BestEpoch is null) return NoBest(row);
        var epoch = choice.Best ? row.BestEpoch : choice.Epoch;
        await foreach (var manifest in checkpoints.CandidatesAsync(run, epoch, cancellation))
        {
            var tag = TagOf($"{manifest.Generator.Sha256}/{choice.Tag}/{asked}/{format.Name}/{PictureEncoder.Version}");
            if (request.Headers.IfNoneMatch.Contains(tag)) return Tagged(Results.StatusCode(304), tag, choice);
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
        return epoch is null
            ? Problems.NotFound("No pictures yet.", $"Run '{run}' has no checkpoint yet.").WithHeader(HeaderNames.RetryAfter, NextEpoch.SecondsUntil(row))
            : Problems.NotFound("No such checkpoint.", $"Epoch {epoch} of run '{run}' has no whole checkpoint; see /api/runs/{run}/checkpoints.");
    }

    /// <summary>Names the bytes that a question is answered with.</summary>
    public static string TagOf(string question) => $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(question)))[..32]}\"";

    private static async Task<T> OnOneThreadAsync<T>(Func<T> draw, CancellationToken cancellation)
    {
        await Drawing.WaitAsync(cancellation);
        try
        {
            return await Task.Run(draw, cancellation);
        }
        finally
        {
            Drawing.Release();
        }
    }

    // What an epoch draws never changes; which is the latest, or the best, does.
    private static IResult Tagged(IResult result, string tag, CheckpointChoice choice) => result
        .WithHeader(HeaderNames.ETag, tag)
        .WithHeader(HeaderNames.Vary, HeaderNames.Accept)
        .WithHeader(HeaderNames.CacheControl, choice.IsFixed ? "private, max-age=3600" : "no-cache");

    private static IResult NoLabels(RunRow row) => Problems.Invalid("label",
        $"label: run '{row.RowKey}' is not conditional, so that nothing can be asked of it by label; leave label out, or start a run with conditional: true.");

    private static IResult NoSuchLabel(int label, Generator generator) => Problems.Invalid("label",
        $"label: {label} is not valid; it must be one of {string.Join(", ", generator.Labels)}.");

    private static IResult NoBest(RunRow row) => row.Options.QualitySamples == 0
        ? Problems.Conflict(
            "The run has no best epoch.", $"Run '{row.RowKey}' does not measure its pictures: its qualitySamples is 0.", $"/api/runs/{row.RowKey}")
        : Problems.NotFound("No best epoch yet.", $"Run '{row.RowKey}' has no epoch yet whose pictures were measured.")
            .WithHeader(HeaderNames.RetryAfter, NextEpoch.SecondsUntil(row));
}
