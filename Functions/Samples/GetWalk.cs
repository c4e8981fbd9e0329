using System.Globalization;
using GanFunctions.Core.Checkpoints;
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
        var inputs = string.Create(CultureInfo.InvariantCulture, $"walk/{string.Join(',', seeds)}/{frames}/{closed}/{count}/{columns}/{scale}/{milliseconds}");
        return await pictures.RespondAsync(row, choice, request, inputs, format, Plan, (generator, _, cancelled) =>
        {
            var drawn = Draw(generator, walk, count, choice, cancelled);
            using var animation = PictureGrid.Of(drawn, generator.Shape, columns, scale, walk.Frames);
            return PictureEncoder.Animate(
                animation, [.. Enumerable.Repeat(milliseconds, walk.Frames)], format == Format.WebP ? AnimationFormat.WebP : AnimationFormat.Gif, cancelled);
        }, cancellation);

        (PictureWork, IResult?) Plan(Generator generator, Manifest manifest) => (WorkAt(generator, scale), PictureWork.Problem(
            scale, $"{walk.Frames} frames of {count} pictures of {generator.Shape} in {columns} columns", smaller => WorkAt(generator, smaller), Frames.Name));

        PictureWork WorkAt(Generator generator, int scale) => PictureWork.Grid(generator.Shape, walk.Frames * count, columns, scale, format, walk.Frames);
    }

    private static byte[] Draw(Generator generator, LatentWalk walk, int count, GeneratorChoice choice, CancellationToken cancellation) => Sampler.DrawEach(
        generator, walk.Frames * count, place => walk.Latent(place / count, place % count),
        place => Sampler.LabelOf(generator, place % count, choice.LabelIn(generator)), choice.Truncation, cancellation);
}
