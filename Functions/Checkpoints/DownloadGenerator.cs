using System.Globalization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Checkpoints;

/// <summary><c>GET /api/runs/{run}/checkpoints/{epoch}/generator</c>: the safetensors file of an epoch.</summary>
public sealed class DownloadGenerator(RunStore runs, CheckpointStore checkpoints)
{
    [Function(nameof(DownloadGenerator))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/checkpoints/{epoch}/generator")] HttpRequest request,
        string run, string epoch, CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        if (!int.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return Problems.Invalid("epoch", $"epoch: '{epoch}' is not valid; it must be the number of a completed epoch.");
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);
        if (await checkpoints.LoadGeneratorAsync(run, number, cancellation) is not { } found)
            return Problems.NotFound("No such checkpoint.", $"Epoch {number} of run '{run}' has no whole checkpoint; see /api/runs/{run}/checkpoints.");
        return Results.Bytes(found.Generator, "application/octet-stream", $"{run}-{number:D5}.safetensors",
            entityTag: new EntityTagHeaderValue($"\"{found.Manifest.Generator.Sha256}\""));
    }
}
