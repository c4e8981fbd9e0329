using GanFunctions.Core.Sampling;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary><c>GET /api/noise</c>: what the pictures of a seed are drawn from, for who has the generator and wants the same ones.</summary>
public sealed class GetNoise
{
    private const int MostSeeds = 16;

    private sealed record View(IReadOnlyList<long> Seeds, int Index, IReadOnlyList<float[]> Noise);

    [Function(nameof(GetNoise))]
    public IResult Run([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/noise")] HttpRequest request)
    {
        var query = new QueryReader(request.Query);
        var seeds = query.WholeNumbers("seeds", 0, SampleQuery.LastSeed, fewest: 1, MostSeeds) ?? [new TrainingOptions().Seed];
        var index = (int)query.WholeNumber("index", 0, 1023, otherwise: 0);
        if (query.Error() is { } wrong) return wrong;
        return Results.Json(new View(seeds, index, [.. seeds.Select(seed => NoiseOf(seed, index))]), OptionsReader.Json);
    }

    private static float[] NoiseOf(long seed, int index)
    {
        using var noise = Sampler.Latent(seed, index);
        return noise.data<float>().ToArray();
    }
}
