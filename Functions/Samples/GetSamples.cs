using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Imaging;
using GanFunctions.Core.Model;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sampling;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Samples;

/// <summary><c>GET /api/runs/{run}/samples</c> and <c>GET /api/samples</c>: pictures from a checkpoint, as a PNG grid.</summary>
public sealed class GetSamples(RunStore runs, CheckpointStore checkpoints, GeneratorCache generators)
{
    private static readonly SemaphoreSlim Drawing = new(Math.Max(1, Environment.ProcessorCount / 2)); // the rest is for the training

    [Function("GetRunSamples")]
    public async Task<IResult> OfRunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/samples")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var (query, wrong) = SampleQuery.Read(request.Query);
        if (wrong is not null) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        return await DrawAsync(row, query, request, cancellation);
    }

    [Function("GetLatestSamples")]
    public async Task<IResult> OfNewestRunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/samples")] HttpRequest request, CancellationToken cancellation)
    {
        var (query, wrong) = SampleQuery.Read(request.Query);
        if (wrong is not null) return wrong;
        var rows = await runs.ListAsync(cancellation).Where(row => row.Checkpoint is not null).ToListAsync(cancellation);
        if (rows.MaxBy(row => row.CreatedAt) is not { } newest)
            return Problems.NotFound("No pictures yet.", "No run has a checkpoint yet. POST /api/runs starts one.").WithHeader(HeaderNames.RetryAfter, "15");
        return await DrawAsync(newest, query, request, cancellation);
    }

    private async Task<IResult> DrawAsync(RunRow row, SampleQuery query, HttpRequest request, CancellationToken cancellation)
    {
        var run = row.RowKey;
        var seed = query.Seed ?? row.Options.Seed;
        if (query.Label is not null && !row.Options.Conditional) return NoLabels(row);
        if (query.Best)
        {
            if (row.BestEpoch is not { } best) return NoBest(row);
            query = query with { Epoch = best };
        }
        await foreach (var manifest in checkpoints.CandidatesAsync(run, query.Epoch, cancellation))
        {
            var tag = query.Tag(manifest.Generator.Sha256, seed);
            if (request.Headers.IfNoneMatch.Contains(tag)) return Tagged(Results.StatusCode(304), tag, query);
            try
            {
                var generator = await generators.GetAsync(
                    manifest.Generator.Sha256, averaged: !query.Raw, () => checkpoints.ReadAsync(run, manifest.Generator, CancellationToken.None));
                if (query.Label is { } label && !generator.Labels.Contains((byte)label)) return NoSuchLabel(label, generator);
                var png = await GridAsync(generator, query, seed, cancellation);
                return Tagged(Results.Bytes(png, "image/png"), tag, query).WithHeader("X-Checkpoint", manifest.Name);
            }
            catch (InvalidDataException damage)
            {
                checkpoints.LogDamaged(run, manifest.Name, damage.Message);
            }
        }
        return query.Epoch is { } epoch
            ? Problems.NotFound("No such checkpoint.", $"Epoch {epoch} of run '{run}' has no whole checkpoint; see /api/runs/{run}/checkpoints.")
            : Problems.NotFound("No pictures yet.", $"Run '{run}' has no checkpoint yet.").WithHeader(HeaderNames.RetryAfter, RetryAfter(row));
    }

    private static async Task<byte[]> GridAsync(Generator generator, SampleQuery query, long seed, CancellationToken cancellation)
    {
        await Drawing.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => PictureGrid.Png(
                Sampler.Draw(generator, seed, query.Count, (byte?)query.Label), generator.Shape, query.Columns, query.Scale), cancellation);
        }
        finally
        {
            Drawing.Release();
        }
    }

    // What an epoch draws never changes; which is the latest, or the best, does.
    private static IResult Tagged(IResult result, string tag, SampleQuery query) => result
        .WithHeader(HeaderNames.ETag, tag)
        .WithHeader(HeaderNames.CacheControl, query.Epoch is null || query.Best ? "no-cache" : "private, max-age=3600");

    private static IResult NoLabels(RunRow row) => Problems.Invalid("label",
        $"label: run '{row.RowKey}' is not conditional, so that nothing can be asked of it by label; leave label out, or start a run with conditional: true.");

    private static IResult NoSuchLabel(int label, Generator generator) => Problems.Invalid("label",
        $"label: {label} is not valid; it must be one of {string.Join(", ", generator.Labels)}.");

    private static IResult NoBest(RunRow row) => row.Options.QualitySamples == 0
        ? Problems.Conflict(
            "The run has no best epoch.", $"Run '{row.RowKey}' does not measure its pictures: its qualitySamples is 0.", $"/api/runs/{row.RowKey}")
        : Problems.NotFound("No best epoch yet.", $"Run '{row.RowKey}' has no epoch yet whose pictures were measured.")
            .WithHeader(HeaderNames.RetryAfter, RetryAfter(row));

    private static string RetryAfter(RunRow row)
    {
        var stepsLeft = Math.Max(row.StepsPerEpoch - row.Step, 1);
        var seconds = row.ImagesPerSecond is > 0 ? stepsLeft * row.Options.BatchSize / row.ImagesPerSecond.Value : 15;
        return Math.Clamp((int)seconds, 1, 300).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
