using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Samples;

/// <summary>The epochs of a run that have a sample grid.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Epochs">The epochs in ascending order.</param>
public sealed record GridList(string Run, IReadOnlyList<int> Epochs);

/// <summary>
/// <c>GET /api/runs/{run}/grids</c> lists the epochs that have a sample grid; <c>GET /api/runs/{run}/grids/{epoch}</c> returns it. The grids of all epochs
/// come from the same noise. No generator is loaded.
/// </summary>
public sealed class GetGrid(RunStore runs, GridStore grids, PictureLanes lanes)
{
    internal static readonly Parameter<int> Side = Parameter.WholeNumber(
        "side", "Number of rows and columns to return, from the upper left corner.", 1, GridStore.Side, otherwise: GridStore.Side);
    internal static readonly Parameter<int> Scale = PictureParameters.Scale(GridStore.Scale, otherwise: GridStore.Scale);

    [Function("ListGrids")]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/grids")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);
        var epochs = await grids.ListAsync(run, cancellation).Select(grid => grid.Epoch).ToListAsync(cancellation);
        return Results.Json(new GridList(run, epochs), Json.Options);
    }

    [Function(nameof(GetGrid))]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/grids/{epoch}")] HttpRequest request, string run, string epoch,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var choice = query.Read(CheckpointChoice.InPath, epoch);
        var (side, scale) = (query.Read(Side), query.Read(Scale));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        if (choice.ProblemWith(row) is { } problem) return problem;
        if (await lanes.Small.EnterAsync(request.HttpContext, cancellation) is not { } turn) return Problems.Busy();
        if (await grids.FindAsync(run, choice.EpochIn(row) ?? row.CompletedEpochs, cancellation) is not { } png) return choice.NotFound(row);

        // Not cacheable for an hour like other pictures: after a rollback the same epoch has another grid.
        var tag = EntityTag.Of($"grid/{EntityTag.Of(png)}/{side}/{scale}/{PictureEncoder.Version}");
        if (EntityTag.IsKnown(request, tag)) return Tagged(Results.StatusCode(304), tag);
        var corner = GridStore.Corner(png, side, scale);
        await turn.EndAsync(corner.Length, cancellation);
        return Tagged(Results.Bytes(corner, Format.Png.MediaType), tag);
    }

    private static IResult Tagged(IResult result, string tag) => result
        .WithHeader(HeaderNames.ETag, tag)
        .WithHeader(HeaderNames.CacheControl, "no-cache");
}
