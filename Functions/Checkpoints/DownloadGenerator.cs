using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Export;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Checkpoints;

/// <summary><c>GET /api/runs/{run}/checkpoints/{epoch}/generator</c>: the generator of an epoch, as safetensors or ONNX.</summary>
public sealed class DownloadGenerator(GeneratorFiles files)
{
    [Function(nameof(DownloadGenerator))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/checkpoints/{epoch}/generator")] HttpRequest request,
        string run, string epoch, CancellationToken cancellation)
    {
        var query = new QueryReader(request.Query);
        var choice = CheckpointChoice.Read(epoch, query);
        var format = query.Choice("format", "safetensors", "onnx");
        var weights = query.Choice("weights", "ema", "raw");
        if (weights is not null && (format == "safetensors" || query.Text("format") is null))
            query.Refuse("weights", $"weights: '{weights}' is not valid with format=safetensors, whose file has both; it is for format=onnx.");
        if (query.Error() is { } wrong) return wrong;
        var isOnnx = format == "onnx";
        return await files.AnswerAsync(request, run, choice, Tag, (_, manifest, file) => Task.FromResult(File(manifest, file)), cancellation);

        string Tag(Manifest manifest) =>
            isOnnx ? $"{manifest.Generator.Sha256}-{manifest.Epoch}-{weights ?? "ema"}-onnx{OnnxFile.Version}" : manifest.Generator.Sha256;

        IResult File(Manifest manifest, byte[] file) => isOnnx
            ? Bytes(OnnxFile.Of(manifest, file, averaged: weights != "raw"), $"{run}-{manifest.Epoch:D5}.onnx")
            : Bytes(file, $"{run}-{manifest.Epoch:D5}.safetensors");
    }

    private static IResult Bytes(byte[] content, string name) => Results.Bytes(content, "application/octet-stream", name);
}
