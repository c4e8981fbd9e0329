using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>A checkpoint as the API returns it.</summary>
/// <param name="Name">Its name. Names sort in the order of training.</param>
/// <param name="Attempt">Number of rollbacks so far.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Step">Completed steps of that epoch; fewer than <paramref name="StepsPerEpoch"/> for a checkpoint within an epoch.</param>
/// <param name="StepsPerEpoch">Steps in each epoch of the run.</param>
/// <param name="MeanLosses">Mean losses of the epoch's completed steps.</param>
/// <param name="Precision">Precision of the convolutions.</param>
/// <param name="Threads">Number of training threads.</param>
/// <param name="Generator">The file that pictures are sampled from; null if it is no longer kept (<c>keepGenerators</c>).</param>
/// <param name="Training">The file that training resumes from; null if it is no longer kept (<c>keepTraining</c>).</param>
/// <param name="Quality">Quality of its pictures; null within an epoch, and if quality is not measured.</param>
/// <param name="Best">Whether it belongs to the epoch with the lowest Fréchet distance.</param>
public sealed record CheckpointView(
    string Name, int Attempt, int Epoch, int Step, int StepsPerEpoch, StepLosses MeanLosses, string Precision, int Threads,
    BlobReference? Generator, BlobReference? Training, PictureQuality? Quality, bool Best);

/// <summary>The checkpoints of a run.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Checkpoints">The checkpoints, oldest first.</param>
public sealed record CheckpointList(string Run, IReadOnlyList<CheckpointView> Checkpoints);

/// <summary><c>GET /api/runs/{run}/checkpoints</c>.</summary>
public sealed class ListCheckpoints(RunStore runs, CheckpointStore checkpoints)
{
    [Function(nameof(ListCheckpoints))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/checkpoints")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);
        var manifests = await checkpoints.ListAsync(run, cancellation);
        var files = await checkpoints.ListFilesAsync(run, cancellation);
        var best = manifests.LastOrDefault(manifest => manifest.IsEpochEnd && manifest.Epoch == manifests[^1].Best?.Epoch);
        var views = manifests.Select(manifest => new CheckpointView(
            manifest.Name, manifest.Attempt, manifest.Epoch, manifest.Step, manifest.StepsPerEpoch, manifest.MeanLosses, manifest.Precision,
            manifest.Threads, Stored(manifest.Generator), Stored(manifest.Training), manifest.Quality, manifest == best));
        return Results.Json(new CheckpointList(run, [.. views]), Json.Options);

        BlobReference? Stored(BlobReference file) => files.Contains(file.Sha256) ? file : null;
    }
}
