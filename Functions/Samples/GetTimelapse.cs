using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Http;
using Microsoft.Net.Http.Headers;
using NetVips;

namespace GanFunctions.Functions.Samples;

/// <summary><c>GET /api/runs/{run}/timelapse</c>: the sample grids of all epochs as an animation.</summary>
public sealed class GetTimelapse(RunStore runs, GridStore grids, PictureLanes lanes)
{
    internal static readonly Parameter<int> Frames = Parameter.WholeNumber(
        "frames", "Maximum number of frames, evenly spaced over the epochs.", 2, 200, otherwise: 60);
    internal static readonly Parameter<int> Milliseconds = PictureParameters.Milliseconds(otherwise: 150);
    internal static readonly Parameter<int> Hold = Parameter.WholeNumber("hold", "Duration of the last frame, in milliseconds.", 20, 30_000, otherwise: 2000);
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Gif, Format.WebP);

    [Function(nameof(GetTimelapse))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/timelapse")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (frames, milliseconds, hold, format) = (query.Read(Frames), query.Read(Milliseconds), query.Read(Hold), query.Read(Formats));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);

        var all = await grids.ListAsync(run, cancellation).ToListAsync(cancellation);
        var chosen = GridStore.Evenly(all, frames);
        if (chosen.Count == 0) return None(row);
        var tag = EntityTag.Of($"timelapse/{run}/{string.Join(',', chosen)}/{milliseconds}/{hold}/{format.Name}/{PictureEncoder.Version}");
        if (EntityTag.IsKnown(request, tag)) return Tagged(Results.StatusCode(304), tag);

        if (await grids.FindAsync(run, chosen[0].Epoch, cancellation) is not { } first) return None(row);
        var (shape, scale) = (GridStore.ShapeOf(first), GridStore.Scale);
        if (WorkAt(scale).TooLarge is not null) scale = 1;
        if (WorkAt(scale).TooLarge is { } tooLarge)
        {
            return Problems.Invalid(Frames.Name, $"frames: {frames} is not valid here: {tooLarge}; "
                + $"the largest valid number is {Enumerable.Range(1, chosen.Count).Last(fewer => WorkAt(scale, fewer).TooLarge is null)}.");
        }
        if (await lanes.Of(WorkAt(scale)).EnterAsync(request.HttpContext, cancellation) is not { } turn) return Problems.Busy();
        var files = await Task.WhenAll(chosen.Select(grid => grids.FindAsync(run, grid.Epoch, cancellation)));
        var bytes = await Task.Run(() => Animate([.. files.OfType<byte[]>()], scale, milliseconds, hold, format, cancellation), cancellation);
        await turn.EndAsync(bytes.Length, cancellation);
        return Tagged(Results.Bytes(bytes, format.MediaType), tag);

        PictureWork WorkAt(int scale, int? frames = null) => PictureWork.Grid(
            shape, drawn: 0, GridStore.Side, scale, format, frames ?? chosen.Count, cells: GridStore.Side * GridStore.Side);
    }

    private static IResult None(RunRow row) => Problems.NotFound("No pictures yet.", $"Run '{row.RowKey}' has no completed epoch yet.")
        .WithHeader(HeaderNames.RetryAfter, NextEpoch.SecondsUntil(row));

    private static byte[] Animate(IReadOnlyList<byte[]> files, int scale, int milliseconds, int hold, Format format, CancellationToken cancellation)
    {
        var frames = files.Select(file => GridStore.Open(file, scale)).ToList();
        try
        {
            int[] shown = [.. Enumerable.Repeat(milliseconds, frames.Count - 1), hold];
            using var column = Image.Arrayjoin([.. frames], across: 1);
            return PictureEncoder.Animate(column, shown, format == Format.WebP ? AnimationFormat.WebP : AnimationFormat.Gif, cancellation);
        }
        finally
        {
            frames.ForEach(frame => frame.Dispose());
        }
    }

    private static IResult Tagged(IResult result, string tag) => result
        .WithHeader(HeaderNames.ETag, tag)
        .WithHeader(HeaderNames.Vary, HeaderNames.Accept)
        .WithHeader(HeaderNames.CacheControl, "no-cache");
}
