using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>A checkpoint as the API shows it. <c>Step</c> is below <c>StepsPerEpoch</c> where it was made in mid-epoch. <c>Best</c> marks the epoch with the
/// lowest Fréchet distance. <c>Training</c> is null where the state to go on from is no longer kept (<c>keepTraining</c>).</summary>
public sealed record CheckpointView(
    string Name, int Attempt, int Epoch, int Step, int StepsPerEpoch, StepLosses MeanLosses, string Precision, int Threads,
    BlobReference Generator, BlobReference? Training, PictureQuality? Quality, bool Best);

/// <summary><c>GET /api/runs/{run}/checkpoints</c>.</summary>
public sealed class ListCheckpoints(RunStore runs, CheckpointStore checkpoints)
{
    [Function(nameof(ListCheckpoints))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/checkpoints")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        if (new QueryReader(request.Query).Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);
        var manifests = await checkpoints.ListAsync(run, cancellation);
        var files = await checkpoints.ListFilesAsync(run, cancellation);
        var best = manifests.LastOrDefault(manifest => manifest.IsEpochEnd && manifest.Epoch == manifests[^1].Best?.Epoch);
        var views = manifests.Select(manifest => new CheckpointView(
            manifest.Name, manifest.Attempt, manifest.Epoch, manifest.Step, manifest.StepsPerEpoch, manifest.MeanLosses, manifest.Precision,
            manifest.Threads, manifest.Generator, files.Contains(manifest.Training.Sha256) ? manifest.Training : null, manifest.Quality, manifest == best));
        return Results.Json(new { Run = run, Checkpoints = views }, OptionsReader.Json);
    }
}
