using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Datasets;

/// <summary><c>GET /api/datasets</c>, <c>GET</c> and <c>DELETE /api/datasets/{name}</c>.</summary>
public sealed class Datasets(
    DatasetCatalog catalog, RunStore runs, ConversionStore conversions, UploadConversion conversion, ConversionStarter starter)
{
    [Function("ListDatasets")]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/datasets")] HttpRequest request, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        var uploads = await Task.WhenAll(
            (await conversions.ListAsync(cancellation)).Select(each => starter.RecoverAsync(each, cancellation)));
        var byName = uploads.OfType<Conversion>().ToDictionary(each => each.Name);
        var infos = await catalog.ListAsync(cancellation);
        var views = infos.Select(info => DatasetView.Of(info, byName.GetValueOrDefault(info.Name)));
        var others = byName.Values.ExceptBy(infos.Select(info => info.Name), each => each.Name).Select(each => DatasetView.Of(null, each));
        return Results.Json(new DatasetList([.. views.Concat(others).OfType<DatasetView>()]), Json.Options);
    }

    [Function("GetDataset")]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/datasets/{name}")] HttpRequest request, string name,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        var upload = await conversions.FindAsync(name, cancellation);
        if (upload is not null) upload = await starter.RecoverAsync(upload, cancellation);
        return DatasetView.Of(await catalog.GetAsync(name, cancellation), upload) is { } view ? Results.Json(view, Json.Options) : NoDataset(name);
    }

    [Function("DeleteDataset")]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/datasets/{name}")] HttpRequest request, string name, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } unknown) return unknown;
        if (await DatasetUse.RefuseAsync(runs, name, cancellation) is { } inUse) return inUse;
        try
        {
            DatasetCatalog.CheckWritable(name);
        }
        catch (DatasetNameException wrong)
        {
            return Problems.Invalid("name", wrong.Message);
        }
        var upload = await conversions.DeleteAsync(name, cancellation);
        var removed = await catalog.DeleteAsync(name, cancellation);
        if (upload is { Upload.Length: > 0 })
        {
            await conversion.DropAsync(name, upload.Upload);
        }
        return removed || upload is not null ? Results.NoContent() : NoDataset(name);
    }

    /// <summary>404: no such data set.</summary>
    internal static IResult NoDataset(string name) => Problems.NotFound(
        "No such data set.", $"There is no data set '{name}'. GET /api/datasets lists the data sets.");
}

/// <summary>Protects data sets while runs train on them.</summary>
internal static class DatasetUse
{
    /// <summary>The 409 if an unfinished run uses the data set; otherwise null.</summary>
    public static async Task<IResult?> RefuseAsync(RunStore runs, string name, CancellationToken cancellation) =>
        await runs.FindUnfinishedAsync(name, cancellation) is { } user
            ? Problems.Conflict("The data set is in use.", $"Run '{user.RowKey}' uses '{name}'; cancel the run first.", $"/api/runs/{user.RowKey}")
            : null;
}

/// <summary><c>GET /api/datasets/{name}/preview</c>: a grid of sample pictures of a data set, spread evenly over its classes.</summary>
public sealed class GetPreview(DatasetCatalog catalog, ConversionStore conversions)
{
    [Function(nameof(GetPreview))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/datasets/{name}/preview")] HttpRequest request, string name,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await catalog.GetAsync(name, cancellation) is not { } info)
        {
            return await conversions.FindAsync(name, cancellation) is { } upload
                ? Problems.NotFound("No pictures yet.", $"'{name}' has no pictures; the state of its upload is {Problems.Name(upload.State)}.")
                : Problems.NotFound("No such data set.", $"There is no data set '{name}'. GET /api/datasets lists the data sets.");
        }
        var tag = $"\"{info.Sha256}\"";
        if (EntityTag.IsKnown(request, tag)) return Tagged(Results.StatusCode(304), tag);
        try
        {
            return await catalog.PreviewAsync(name, cancellation) is { } png
                ? Tagged(Results.Bytes(png, "image/png"), tag)
                : Problems.NotFound("No pictures yet.", $"'{name}' is downloaded when a run first trains on it, which has not happened yet.");
        }
        catch (DatasetUnavailableException unusable)
        {
            return Problems.NotFound("No pictures.", unusable.Message);
        }
        catch (DatasetMemoryException busy)
        {
            return DatasetProblems.NoMemory(busy);
        }
    }

    private static IResult Tagged(IResult result, string tag) =>
        result.WithHeader(HeaderNames.ETag, tag).WithHeader(HeaderNames.CacheControl, "no-cache");
}
