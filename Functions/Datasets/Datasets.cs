using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Datasets;

/// <summary><c>GET /api/datasets</c>, <c>GET</c> and <c>DELETE /api/datasets/{name}</c>.</summary>
public sealed class Datasets(DatasetCatalog catalog, RunStore runs)
{
    [Function("ListDatasets")]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/datasets")] HttpRequest request, CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        return Results.Json(new { Datasets = await catalog.ListAsync(cancellation) }, OptionsReader.Json);
    }

    [Function("GetDataset")]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/datasets/{name}")] HttpRequest request, string name,
        CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        return await catalog.GetAsync(name, cancellation) is { } info ? Results.Json(info, OptionsReader.Json) : NoDataset(name);
    }

    [Function("DeleteDataset")]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/datasets/{name}")] HttpRequest request, string name,
        CancellationToken cancellation)
    {
        if (await DatasetUse.RefuseAsync(runs, name, cancellation) is { } inUse) return inUse;
        try
        {
            return await catalog.DeleteAsync(name, cancellation) ? Results.NoContent() : NoDataset(name);
        }
        catch (DatasetNameException wrong)
        {
            return Problems.Invalid("name", wrong.Message);
        }
    }

    private static IResult NoDataset(string name) => Problems.NotFound(
        "No such data set.", $"There is no data set '{name}' stored. GET /api/datasets lists those there are.");
}
