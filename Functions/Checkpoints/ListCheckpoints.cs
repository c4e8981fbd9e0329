using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>A checkpoint as the API shows it.</summary>
/// <param name="Name">Later ones sort behind earlier ones.</param>
/// <param name="Attempt">Roll-backs before it.</param>
/// <param name="Epoch">The epoch it lies in, from 1.</param>
/// <param name="Step">Steps of that epoch done; fewer than <paramref name="StepsPerEpoch"/> where it was made in mid-epoch.</param>
/// <param name="StepsPerEpoch">Steps in each epoch of the run.</param>
/// <param name="MeanLosses">Of the epoch's steps so far.</param>
/// <param name="Precision">What the convolutions calculate in.</param>
/// <param name="Threads">That train the run.</param>
/// <param name="Generator">What pictures are drawn from.</param>
/// <param name="Training">What the training goes on from; null where that is no longer kept (<c>keepTraining</c>).</param>
/// <param name="Quality">How good its pictures are; null in mid-epoch, and where they are not measured.</param>
/// <param name="Best">Whether it is that of the epoch with the lowest Fréchet distance.</param>
public sealed record CheckpointView(
    string Name, int Attempt, int Epoch, int Step, int StepsPerEpoch, StepLosses MeanLosses, string Precision, int Threads,
    BlobReference Generator, BlobReference? Training, PictureQuality? Quality, bool Best);

/// <summary>The checkpoints of a run.</summary>
/// <param name="Run">Its id.</param>
/// <param name="Checkpoints">The first one first.</param>
public sealed record CheckpointList(string Run, IReadOnlyList<CheckpointView> Checkpoints);

/// <summary><c>GET /api/runs/{run}/checkpoints</c>.</summary>
public sealed class ListCheckpoints(RunStore runs, CheckpointStore checkpoints)
{
    [Function(nameof(ListCheckpoints))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/checkpoints")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);
        var manifests = await checkpoints.ListAsync(run, cancellation);
        var files = await checkpoints.ListFilesAsync(run, cancellation);
        var best = manifests.LastOrDefault(manifest => manifest.IsEpochEnd && manifest.Epoch == manifests[^1].Best?.Epoch);
        var views = manifests.Select(manifest => new CheckpointView(
            manifest.Name, manifest.Attempt, manifest.Epoch, manifest.Step, manifest.StepsPerEpoch, manifest.MeanLosses, manifest.Precision,
            manifest.Threads, manifest.Generator, files.Contains(manifest.Training.Sha256) ? manifest.Training : null, manifest.Quality, manifest == best));
        return Results.Json(new CheckpointList(run, [.. views]), Json.Options);
    }
}
