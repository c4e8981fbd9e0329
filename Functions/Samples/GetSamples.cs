using System.Text.Json.Serialization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sampling;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Samples;

/// <summary><c>GET /api/runs/{run}/samples</c> and <c>GET /api/samples</c>: pictures from a checkpoint, as a grid, as single files, or as an array.</summary>
public sealed class GetSamples(RunStore runs, Pictures pictures)
{
    [Function("GetRunSamples")]
    public async Task<IResult> OfRunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/samples")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var (query, wrong) = SampleQuery.Read(request);
        if (wrong is not null) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        return await DrawAsync(row, query, request, cancellation);
    }

    [Function("GetLatestSamples")]
    public async Task<IResult> OfNewestRunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/samples")] HttpRequest request, CancellationToken cancellation)
    {
        var (query, wrong) = SampleQuery.Read(request);
        if (wrong is not null) return wrong;
        var rows = await runs.ListAsync(cancellation).Where(row => row.Checkpoint is not null).ToListAsync(cancellation);
        if (rows.MaxBy(row => row.CreatedAt) is not { } newest)
            return Problems.NotFound("No pictures yet.", "No run has a checkpoint yet. POST /api/runs starts one.").WithHeader(HeaderNames.RetryAfter, "15");
        return await DrawAsync(newest, query, request, cancellation);
    }

    private Task<IResult> DrawAsync(RunRow row, SampleQuery query, HttpRequest request, CancellationToken cancellation)
    {
        var seed = query.Seed ?? row.Options.Seed;
        return pictures.RespondAsync(
            row, query.Choice, request, query.Tag(seed), query.Format,
            (generator, _) => (query.Work(generator.Shape, query.Scale), query.Problem(generator.Shape)),
            (generator, manifest, cancelled) => Draw(generator, manifest, query, seed, cancelled), cancellation);
    }

    private static byte[] Draw(Generator generator, Manifest manifest, SampleQuery query, long seed, CancellationToken cancellation)
    {
        var drawn = Sampler.Draw(generator, seed, query.Count, query.Choice.LabelIn(generator), query.Choice.Truncation, cancellation);
        if (query.Format == SampleQuery.Npy) return Npy.Of(drawn, generator.Shape);
        if (query.Format == SampleQuery.Zip)
            return PictureZip.Of(drawn, generator.Shape, query.Scale, IndexOf(generator, manifest, query, seed), cancellation);
        using var grid = PictureGrid.Of(drawn, generator.Shape, query.Columns, query.Scale);
        return PictureEncoder.Encode(
            grid, query.Format == Format.WebP ? PictureFormat.WebP : query.Format == Format.Jpeg ? PictureFormat.Jpeg : PictureFormat.Png, cancellation);
    }

    private static SampleIndex IndexOf(Generator generator, Manifest manifest, SampleQuery query, long seed) => new(
        manifest.Run, manifest.Name, manifest.Epoch, manifest.Generator.Sha256, query.Choice.Raw ? "raw" : "ema", seed, query.Choice.Truncation,
        [.. Enumerable.Range(0, query.Count).Select(index => EntryOf(generator, index, query.Choice.LabelIn(generator)))]);

    private static SampleIndex.Entry EntryOf(Generator generator, int index, byte? requested)
    {
        var label = Sampler.LabelOf(generator, index, requested);
        return new(PictureZip.NameOf(index), index, label, label is null ? null : generator.Classes.NameOf(label.Value));
    }

    /// <summary>The list of pictures in the zip archive.</summary>
    private sealed record SampleIndex(
        string Run, string Checkpoint, int Epoch, string Generator, string Weights, long Seed, double Truncation, IReadOnlyList<SampleIndex.Entry> Pictures)
    {
        public sealed record Entry(
            string File, int Index, byte? Label, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name);
    }
}
