using GanFunctions.Core.Pictures;
using GanFunctions.Core.Projections;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Samples;
using Microsoft.Net.Http.Headers;

namespace GanFunctions.Functions.Projections;

/// <summary>
/// <c>GET /api/runs/{run}/projections</c> lists the projections of a run; <c>GET /api/runs/{run}/projections/{projection}</c> returns one, and
/// <c>/picture</c> the uploaded picture beside the nearest one.
/// </summary>
public sealed class GetProjections(RunStore runs, ProjectionStore projections, PictureLanes lanes)
{
    internal static readonly Parameter<string> Id = Parameter.Id("projection", "The projection's id.", "0b6f3d1f4c2a49e8b5f0a7c1d2e3f405");
    internal static readonly Parameter<int> Scale = PictureParameters.Scale(16, otherwise: 4);
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Png, Format.WebP);
    private const string PollInterval = "2"; // seconds

    [Function("ListProjections")]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/projections")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        var all = await projections.ListAsync(run, cancellation);
        return Results.Json(new ProjectionList([.. all.Select(each => ProjectionView.Of(row, each))]), Json.Options);
    }

    [Function("GetProjection")]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/projections/{projection}")] HttpRequest request, string run,
        string projection, CancellationToken cancellation)
    {
        if (QueryReader.RefuseAny(request) is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);
        return await projections.FindAsync(run, projection, cancellation) is { } found
            ? Results.Json(ProjectionView.Of(row, found), Json.Options)
            : NoProjection(run, projection);
    }

    [Function("GetProjectionPicture")]
    public async Task<IResult> GetPictureAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/projections/{projection}/picture")] HttpRequest request, string run,
        string projection, CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (scale, format) = (query.Read(Scale), query.Read(Formats));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is null) return Problems.NoRun(run);
        if (await projections.FindAsync(run, projection, cancellation) is not { } stored) return NoProjection(run, projection);
        if (stored.Found is not { } found) return NoPicture(stored);
        var tag = EntityTag.Of($"projection/{EntityTag.Of(found.Picture)}/{stored.Id}/{scale}/{format.Name}/{PictureEncoder.Version}");
        if (EntityTag.IsKnown(request, tag)) return Tagged(Results.StatusCode(304), tag);
        if (await lanes.Small.EnterAsync(request.HttpContext, cancellation) is not { } turn) return Problems.Busy();
        using var grid = PictureGrid.Of([.. stored.Question.Target, .. found.Picture], stored.Shape, columns: 2, scale);
        var bytes = PictureEncoder.Encode(grid, format == Format.WebP ? PictureFormat.WebP : PictureFormat.Png, cancellation);
        await turn.EndAsync(bytes.Length, cancellation);
        return Tagged(Results.Bytes(bytes, format.MediaType), tag);
    }

    /// <summary>The title of the error for an unknown projection.</summary>
    internal const string NoProjectionTitle = "No such projection.";

    /// <summary>The detail of the error for an unknown projection.</summary>
    internal static string NoProjectionDetail(string run, string projection) =>
        $"There is no projection '{projection}' of run '{run}', or it is no longer kept. GET /api/runs/{run}/projections lists the projections.";

    private static IResult NoProjection(string run, string projection) => Problems.NotFound(NoProjectionTitle, NoProjectionDetail(run, projection));

    private static IResult NoPicture(Projection stored) => stored.IsOpen
        ? Problems.NotFound("No picture yet.", $"Projection '{stored.Id}' is {Problems.Name(stored.State)}.").WithHeader(HeaderNames.RetryAfter, PollInterval)
        : Problems.NotFound("No picture.", $"Projection '{stored.Id}' has failed: {stored.Error}");

    // A projection never changes once it is completed, but its run may be deleted, and another one of that id ask the same.
    private static IResult Tagged(IResult result, string tag) => result
        .WithHeader(HeaderNames.ETag, tag)
        .WithHeader(HeaderNames.Vary, HeaderNames.Accept)
        .WithHeader(HeaderNames.CacheControl, "no-cache");
}
