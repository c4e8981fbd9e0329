using GanFunctions.Core.Sampling;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>Noise that pictures are drawn from.</summary>
/// <param name="Seeds">Those that were asked for.</param>
/// <param name="Index">The number of the pictures.</param>
/// <param name="Noise">For each seed a hundred independent normals of mean 0 and deviation 1.</param>
public sealed record NoiseList(IReadOnlyList<long> Seeds, int Index, IReadOnlyList<float[]> Noise);

/// <summary><c>GET /api/noise</c>: what the pictures of a seed are drawn from, for who has the generator and wants the same ones.</summary>
public sealed class GetNoise
{
    private const int MostSeeds = 16;

    [Function(nameof(GetNoise))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/noise")] HttpRequest request)
    {
        var query = new QueryReader(request.Query);
        var seeds = query.WholeNumbers("seeds", 0, SampleQuery.LastSeed, fewest: 1, MostSeeds) ?? [new TrainingOptions().Seed];
        var index = (int)query.WholeNumber("index", 0, 1023, otherwise: 0);
        if (query.Error() is { } wrong) return wrong;
        return Results.Json(new NoiseList(seeds, index, [.. seeds.Select(seed => NoiseOf(seed, index))]), Json.Options);
    }

    private static float[] NoiseOf(long seed, int index)
    {
        using var noise = Sampler.Latent(seed, index);
        return noise.data<float>().ToArray();
    }
}
