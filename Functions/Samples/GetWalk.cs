using System.Globalization;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sampling;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary><c>GET /api/runs/{run}/walk</c>: a walk through latent space, from seed to seed, as an animation.</summary>
public sealed class GetWalk(RunStore runs, Pictures pictures)
{
    internal static readonly Parameter<IReadOnlyList<long>?> Seeds = PictureParameters.Seeds(2, 16, 1, 2, 3);
    internal static readonly Parameter<int> Frames = Parameter.WholeNumber("frames", "Frames from one seed to the next.", 1, 120, otherwise: 24);
    internal static readonly Parameter<int> Count = PictureParameters.Count(64, otherwise: 16);
    internal static readonly Parameter<int> Scale = PictureParameters.Scale(8);
    internal static readonly Parameter<int> Milliseconds = PictureParameters.Milliseconds(otherwise: 60);
    internal static readonly Parameter<bool> Closed = Parameter.Flag("closed", "Whether the walk returns to the first seed.", otherwise: true);
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Gif, Format.WebP);
    private const int MaxPictures = 8192; // of all frames together: about ten seconds

    [Function(nameof(GetWalk))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/walk")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (seeds, frames, count, closed) = (query.Read(Seeds), query.Read(Frames), query.Read(Count), query.Read(Closed));
        var (scale, milliseconds) = (query.Read(Scale), query.Read(Milliseconds));
        var columns = query.Read(PictureParameters.Columns) ?? (int)Math.Ceiling(Math.Sqrt(count));
        var (choice, format) = (GeneratorChoice.Read(query), query.Read(Formats));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);

        seeds ??= SampleQuery.SeedsOf(row);
        var walk = new LatentWalk(seeds, frames, closed);
        if (walk.Frames * count > MaxPictures)
        {
            return Problems.Invalid("frames", $"frames: {frames} is not valid here: {walk.Frames} frames of {count} pictures "
                + $"are {walk.Frames * count} pictures, and the maximum is {MaxPictures}.");
        }
        var inputs = string.Create(CultureInfo.InvariantCulture, $"walk/{string.Join(',', seeds)}/{frames}/{closed}/{count}/{columns}/{scale}/{milliseconds}");
        return await pictures.RespondAsync(row, choice, request, inputs, format, (generator, _) =>
        {
            var drawn = Draw(generator, walk, count, choice.LabelIn(generator));
            return (Animate(drawn, generator, walk.Frames, columns, scale, milliseconds, format), null);
        }, cancellation);
    }

    private static byte[] Draw(Generator generator, LatentWalk walk, int count, byte? label) => Sampler.DrawEach(
        generator, walk.Frames * count, place => walk.Latent(place / count, place % count), place => Sampler.LabelOf(generator, place % count, label));

    private static byte[] Animate(byte[] drawn, Generator generator, int count, int columns, int scale, int milliseconds, Format format)
    {
        var size = drawn.Length / count;
        var frames = Enumerable.Range(0, count)
            .Select(frame => PictureGrid.Of(drawn.AsSpan(frame * size, size), generator.Shape, columns, scale)).ToList();
        try
        {
            return PictureEncoder.Animate(
                frames, [.. Enumerable.Repeat(milliseconds, count)], format == Format.WebP ? AnimationFormat.WebP : AnimationFormat.Gif);
        }
        finally
        {
            frames.ForEach(frame => frame.Dispose());
        }
    }
}
