namespace GanFunctions.Functions.Samples;

/// <summary>What draws pictures.</summary>
public static class SamplingServices
{
    /// <summary>Registers the generators kept in memory.</summary>
    public static IServiceCollection AddSampling(this IServiceCollection services) => services.AddSingleton<GeneratorCache>();
}
