using Azure.Storage.Blobs;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Runs;

/// <summary>What a run occupies in Blob Storage. Its losses are rows of a table, and not counted.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Bytes">Size of all its blobs, in bytes.</param>
/// <param name="Blobs">Their number.</param>
/// <param name="Files">The generators and training states among them.</param>
/// <param name="Grids">The sample grids among them.</param>
public sealed record RunStorage(string Run, long Bytes, int Blobs, StorageUse Files, StorageUse Grids);

/// <summary><c>GET /api/runs/{run}/storage</c>: what a run occupies. It lists the blobs of the run, so it is a call of its own.</summary>
public sealed class GetRunStorage(RunStore runs, BlobContainerClient container)
{
    [Function(nameof(GetRunStorage))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/storage")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);
        var files = await container.UseOfAsync(RunPaths.Blobs(run), cancellation);
        var grids = await container.UseOfAsync(RunPaths.Grids(run), cancellation);
        var all = files + grids + await container.UseOfAsync(RunPaths.Manifests(run), cancellation)
            + await container.UseOfAsync(RunPaths.Latest(run), cancellation) + await container.UseOfAsync(RunPaths.Projections(run), cancellation);
        return Results.Json(new RunStorage(run, all.Bytes, all.Blobs, files, grids), Json.Options);
    }
}
