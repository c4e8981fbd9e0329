using GanFunctions.Core.Data;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Datasets;

/// <summary><c>GET /api/datasets/{name}/preview</c>: some pictures of a data set in a grid, evenly over its classes.</summary>
public sealed class GetPreview(DatasetCatalog catalog)
{
    [Function(nameof(GetPreview))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/datasets/{name}/preview")] HttpRequest request, string name,
        CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        if (await catalog.GetAsync(name, cancellation) is not { } info)
            return Problems.NotFound("No such data set.", $"There is no data set '{name}' stored. GET /api/datasets lists those there are.");
        var tag = $"\"{info.Sha256}\"";
        if (EntityTag.IsKnown(request, tag)) return Tagged(Results.StatusCode(304), tag);
        try
        {
            return await catalog.PreviewAsync(name, cancellation) is { } png
                ? Tagged(Results.Bytes(png, "image/png"), tag)
                : Problems.NotFound("No pictures yet.", $"'{name}' is fetched when a run first trains on it, and has not been yet.");
        }
        catch (DatasetUnavailableException unusable)
        {
            return Problems.NotFound("No pictures.", unusable.Message);
        }
    }

    private static IResult Tagged(IResult result, string tag) =>
        result.WithHeader(HeaderNames.ETag, tag).WithHeader(HeaderNames.CacheControl, "no-cache");
}
