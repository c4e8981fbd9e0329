using System.Globalization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Export;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.TensorBoard;

/// <summary><c>GET /api/runs/{run}/events.tfevents</c>: the losses, the quality and the sample grids of a run as an event file for TensorBoard.</summary>
public sealed class GetEventFile(RunStore runs, LossLog losses, GridStore grids)
{
    private const int MaxPictures = 50;

    internal static readonly Parameter<bool> Images = Parameter.Flag(
        "images", $"Whether to include the sample grids: those of at most {MaxPictures} epochs, evenly spaced.", otherwise: true);

    [Function(nameof(GetEventFile))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/events.tfevents")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var images = query.Read(Images);
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);

        var chosen = images ? GridStore.Evenly(await grids.ListAsync(run, cancellation).ToListAsync(cancellation), MaxPictures) : [];
        // The training writes the row after the losses: a row that has not changed has the same losses.
        var tag = EntityTag.Of($"events/{run}/{row.CreatedAt:O}/{row.ETag}/{string.Join(',', chosen)}/{EventFile.Version}");
        if (EntityTag.IsKnown(request, tag)) return Tagged(Results.StatusCode(304), tag);

        var epochs = chosen.Select(grid => grid.Epoch).ToHashSet();
        var seconds = row.CreatedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return Tagged(Results.Stream(WriteAsync, "application/octet-stream", $"events.out.tfevents.{seconds}.{run}"), tag);

        Task WriteAsync(Stream stream)
        {
            var rows = losses.ReadWithoutRolledBackAsync(run, cancellation);
            return EventFile.WriteAsync(
                stream, row.CreatedAt, rows, row.StepsPerEpoch,
                async epoch => epochs.Contains(epoch) ? await grids.FindAsync(run, epoch, cancellation) : null, cancellation);
        }
    }

    private static IResult Tagged(IResult result, string tag) => result
        .WithHeader(HeaderNames.ETag, tag)
        .WithHeader(HeaderNames.CacheControl, "no-cache");
}
