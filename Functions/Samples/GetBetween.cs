using System.Globalization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sampling;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary><c>GET /api/runs/{run}/between</c>: the picture at a position between four seeds, for clients that cannot run the generator.</summary>
public sealed class GetBetween(RunStore runs, Pictures pictures)
{
    internal static readonly Parameter<IReadOnlyList<long>?> Seeds = PictureParameters.Seeds(4, 4, 1, 2, 3, 4);
    internal static readonly Parameter<double> X = Parameter.Number("x", "Position from left to right.", 0, 1, otherwise: 0.5);
    internal static readonly Parameter<double> Y = Parameter.Number("y", "Position from top to bottom.", 0, 1, otherwise: 0.5);
    internal static readonly Parameter<int> Scale = PictureParameters.Scale(16);
    internal static readonly FormatParameter Formats = Parameter.Format(Format.Png, Format.WebP);

    [Function(nameof(GetBetween))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/runs/{run}/between")] HttpRequest request, string run,
        CancellationToken cancellation)
    {
        var query = new QueryReader(request);
        var (seeds, x, y, scale) = (query.Read(Seeds), query.Read(X), query.Read(Y), query.Read(Scale));
        var (choice, format) = (GeneratorChoice.Read(query), query.Read(Formats));
        if (query.Error() is { } wrong) return wrong;
        if (await runs.FindAsync(run, cancellation) is not { } row) return Problems.NoRun(run);

        seeds ??= SampleQuery.SeedsOf(row);
        var square = new LatentSquare(seeds[0], seeds[1], seeds[2], seeds[3]);
        var inputs = string.Create(CultureInfo.InvariantCulture, $"between/{string.Join(',', seeds)}/{x}/{y}/{scale}");
        return await pictures.RespondAsync(row, choice, request, inputs, format, Plan, (generator, _, cancelled) =>
        {
            var drawn = Sampler.DrawEach(generator, 1, _ => square.Latent(x, y), _ => Sampler.LabelOf(generator, 0, choice.LabelIn(generator)), choice.Truncation, cancelled);
            using var picture = PictureGrid.Of(drawn, generator.Shape, columns: 1, scale);
            return PictureEncoder.Encode(picture, format == Format.WebP ? PictureFormat.WebP : PictureFormat.Png, cancelled);
        }, cancellation);

        (PictureWork, IResult?) Plan(Generator generator, Manifest manifest) =>
            (PictureWork.Grid(generator.Shape, drawn: 1, columns: 1, scale, format), null); // at any scale small enough
    }
}

/// <summary>The noise vectors of seeds.</summary>
/// <param name="Seeds">The seeds.</param>
/// <param name="Index">Index of the picture of each seed, from 0.</param>
/// <param name="Noise">For each seed, a vector of 100 independent standard normals.</param>
public sealed record NoiseList(IReadOnlyList<long> Seeds, int Index, IReadOnlyList<float[]> Noise);

/// <summary><c>GET /api/noise</c>: the noise of seeds, for clients that run a downloaded generator.</summary>
public sealed class GetNoise
{
    internal static readonly Parameter<IReadOnlyList<long>?> Seeds = Parameter.WholeNumbers(
        "seeds", "Seeds of the noise. By default, 42.", PictureParameters.LastSeed, 1, 16, 1, 2);

    [Function(nameof(GetNoise))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/noise")] HttpRequest request)
    {
        var query = new QueryReader(request);
        var (seeds, index) = (query.Read(Seeds) ?? [new TrainingOptions().Seed], query.Read(PictureParameters.Index));
        if (query.Error() is { } wrong) return wrong;
        return Results.Json(new NoiseList(seeds, index, [.. seeds.Select(seed => NoiseOf(seed, index))]), Json.Options);
    }

    private static float[] NoiseOf(long seed, int index)
    {
        using var noise = Sampler.Latent(seed, index);
        return noise.data<float>().ToArray();
    }
}
