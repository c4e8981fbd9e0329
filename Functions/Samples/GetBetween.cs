using System.Globalization;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sampling;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary><c>GET /api/runs/{run}/between</c>: the picture at a place between four seeds, for who cannot run the generator himself.</summary>
public sealed class GetBetween(RunStore runs, Pictures pictures)
{
    [Function(nameof(GetBetween))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/runs/{run}/between")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request.Query);
        var seeds = query.WholeNumbers("seeds", 0, SampleQuery.LastSeed, fewest: 4, most: 4);
        var x = query.Number("x", 0, 1, otherwise: 0.5);
        var y = query.Number("y", 0, 1, otherwise: 0.5);
        var scale = (int)query.WholeNumber("scale", 1, 16, otherwise: 2);
        var choice = GeneratorChoice.Read(query);
        var format = Format.Choose(request, query, Format.Png, Format.WebP);
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);

        seeds ??= SampleQuery.SeedsOf(row);
        var square = new LatentSquare(seeds[0], seeds[1], seeds[2], seeds[3]);
        var asked = string.Create(CultureInfo.InvariantCulture, $"between/{string.Join(',', seeds)}/{x}/{y}/{scale}");
        return await pictures.AnswerAsync(row, choice, request, asked, format, (generator, _) =>
        {
            var drawn = Sampler.DrawEach(generator, 1, _ => square.Latent(x, y), _ => Sampler.LabelOf(generator, 0, choice.Label));
            using var picture = PictureGrid.Of(drawn, generator.Shape, columns: 1, scale);
            return (PictureEncoder.Encode(picture, format == Format.WebP ? PictureFormat.WebP : PictureFormat.Png), null);
        }, cancellation);
    }
}
