using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Export;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Checkpoints;

/// <summary><c>GET /api/runs/{run}/checkpoints/{epoch}/generator</c>: the generator of an epoch, as safetensors or ONNX.</summary>
public sealed class DownloadGenerator(GeneratorFiles files)
{
    internal static readonly Parameter<string?> FileFormat = Parameter.Choice(
        "format", "`safetensors` is for PyTorch and contains both kinds of weights; `onnx` is for ONNX runtimes.",
        ["safetensors", "onnx"], otherwise: "safetensors");
    internal static readonly Parameter<string?> Weights = Parameter.Choice(
        "weights", "With `format=onnx` only: `raw` are the trained weights; `ema`, the default, is their moving average, which gives better pictures.",
        ["ema", "raw"]);

    [Function(nameof(DownloadGenerator))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/checkpoints/{epoch}/generator")] HttpRequest request,
        string run, string epoch, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var choice = query.Read(CheckpointChoice.InPath, epoch);
        var (format, weights) = (query.Read(FileFormat), query.Read(Weights));
        if (weights is not null && format != "onnx")
            query.Refuse(Weights, $"weights: '{weights}' is not valid with format=safetensors, which always contains both; use it with format=onnx.");
        if (query.Error() is { } wrong) return wrong;
        var isOnnx = format == "onnx";
        return await files.RespondAsync(request, run, choice, Tag, (_, manifest, file) => Task.FromResult(File(manifest, file)), cancellation);

        string Tag(Manifest manifest) =>
            isOnnx ? $"{manifest.Generator.Sha256}-{manifest.Epoch}-{weights ?? "ema"}-onnx{OnnxFile.Version}" : manifest.Generator.Sha256;

        IResult File(Manifest manifest, byte[] file) => isOnnx
            ? Bytes(OnnxFile.Of(manifest, file, averaged: weights != "raw"), $"{run}-{manifest.Epoch:D5}.onnx")
            : Bytes(file, $"{run}-{manifest.Epoch:D5}.safetensors");
    }

    private static IResult Bytes(byte[] content, string name) => Results.Bytes(content, "application/octet-stream", name);
}

/// <summary><c>GET /api/runs/{run}/checkpoints/{epoch}/card</c>: the model card of an epoch's generator.</summary>
public sealed class GetCard(GeneratorFiles files, DatasetCatalog catalog)
{
    [Function(nameof(GetCard))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/checkpoints/{epoch}/card")] HttpRequest request,
        string run, string epoch, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var choice = query.Read(CheckpointChoice.InPath, epoch);
        if (query.Error() is { } wrong) return wrong;
        return await files.RespondAsync(request, run, choice, tagOf: null, async (row, manifest, file) =>
        {
            var dataset = await catalog.GetAsync(row.Options.Dataset, cancellation);
            return Results.Json(ModelCard.Of(row, manifest, file, dataset), Json.Options);
        }, cancellation);
    }
}

/// <summary>Finds the generator that a path names, and skips damaged checkpoints.</summary>
public sealed class GeneratorFiles(RunStore runs, CheckpointStore checkpoints) : IDisposable
{
    // Verifying, reading and converting a file take several times its size.
    private readonly Lane _lane = new(working: 1, waiting: 64, maxUnsent: 128 << 20, idle: TimeSpan.FromSeconds(1));

    /// <summary>Responds with something made from the file of a checkpoint, with 304 if the client has it, or with an error.</summary>
    /// <param name="request">The request, which may carry <c>If-None-Match</c>.</param>
    /// <param name="run">The run's id.</param>
    /// <param name="choice">The chosen checkpoint.</param>
    /// <param name="tagOf">The entity tag of the response for a checkpoint; null if the response may change.</param>
    /// <param name="answer">Makes the response from the checkpoint and its <c>generator</c> file; an <see cref="InvalidDataException"/> becomes a 409.</param>
    /// <param name="cancellation">Cancels the request.</param>
    public async Task<IResult> RespondAsync(
        HttpRequest request, string run, CheckpointChoice choice, Func<Manifest, string>? tagOf, Func<RunRow, Manifest, byte[], Task<IResult>> answer,
        CancellationToken cancellation)
    {
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        if ((choice.ProblemWith(row) ?? await choice.DroppedAsync(row, checkpoints, cancellation)) is { } problem) return problem;
        if (await _lane.EnterAsync(request.HttpContext, cancellation) is not { } turn) return Problems.Busy();
        var found = await checkpoints.LoadGeneratorAsync(run, choice.EpochIn(row), manifest => IsKnown(tagOf?.Invoke(manifest)), cancellation);
        if (found is not (var manifest, var file)) return choice.NotFound(row);
        try
        {
            var result = file is null ? Results.StatusCode(StatusCodes.Status304NotModified) : await answer(row, manifest, file);
            await turn.EndAsync(file?.Length ?? 0, cancellation);
            return Tagged(result, tagOf?.Invoke(manifest), choice);
        }
        catch (InvalidDataException damage)
        {
            return Problems.Conflict("The checkpoint cannot be used.", $"Checkpoint {manifest.Name} of run '{run}': {damage.Message}", $"/api/runs/{run}");
        }

        bool IsKnown(string? tag) => tag is not null && EntityTag.IsKnown(request, Quoted(tag));
    }

    /// <inheritdoc/>
    public void Dispose() => _lane.Dispose();

    private static string Quoted(string tag) => $"\"{tag}\"";

    private static IResult Tagged(IResult result, string? tag, CheckpointChoice choice) => tag is null ? result : result
        .WithHeader(HeaderNames.ETag, Quoted(tag))
        .WithHeader(HeaderNames.CacheControl, choice.CacheControl);
}
