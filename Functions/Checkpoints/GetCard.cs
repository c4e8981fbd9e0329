using GanFunctions.Core.Data;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Checkpoints;

/// <summary><c>GET /api/runs/{run}/checkpoints/{epoch}/card</c>: the model card of an epoch's generator.</summary>
public sealed class GetCard(GeneratorFiles files, DatasetCatalog catalog)
{
    [Function(nameof(GetCard))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/checkpoints/{epoch}/card")] HttpRequest request,
        string run, string epoch, CancellationToken cancellation)
    {
        var query = new QueryReader(request.Query);
        var choice = CheckpointChoice.Read(epoch, query);
        if (query.Error() is { } wrong) return wrong;
        return await files.AnswerAsync(request, run, choice, tagOf: null, async (row, manifest, file) =>
        {
            var dataset = await catalog.GetAsync(row.Options.Dataset, cancellation);
            return Results.Json(ModelCard.Of(row, manifest, file, dataset), Json.Options);
        }, cancellation);
    }
}
