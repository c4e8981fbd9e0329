using GanFunctions.Core.Quality;




namespace GanFunctions.Functions.Samples;

/// <summary>What draws pictures.</summary>
public static class SamplingServices
{
    /// <summary>Registers the generators kept in memory, and what answers with their pictures.</summary>
    public static IServiceCollection AddSampling(this IServiceCollection services) => services
        .AddSingleton<SettledCheckpoints>()
        .AddSingleton<GeneratorCache>()
        .AddSingleton<Pictures>()
        .AddSingleton<NeighbourSearch>();
}
