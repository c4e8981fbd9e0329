using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Datasets;

/// <summary>What a data set occupies in Blob Storage: its pictures, its preview, and an upload that is being converted.</summary>
/// <param name="Name">The data set's name.</param>
/// <param name="Bytes">Size of its blobs, in bytes.</param>
/// <param name="Blobs">Their number; 0 if it is built in, or not stored yet.</param>
public sealed record DatasetStorage(string Name, long Bytes, int Blobs);

/// <summary><c>GET /api/datasets/{name}/storage</c>: what a data set occupies.</summary>
public sealed class GetDatasetStorage(DatasetCatalog catalog, ConversionStore conversions)
{
    [Function(nameof(GetDatasetStorage))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/datasets/{name}/storage")] HttpRequest request, string name,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await catalog.GetAsync(name, cancellation) is null && await conversions.FindAsync(name, cancellation) is null) return Datasets.NoDataset(name);
        var use = await catalog.UseOfAsync(name, cancellation);
        return Results.Json(new DatasetStorage(name, use.Bytes, use.Blobs), Json.Options);
    }
}
