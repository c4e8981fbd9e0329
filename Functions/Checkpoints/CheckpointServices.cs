namespace GanFunctions.Functions.Checkpoints;

/// <summary>What hands out generators.</summary>
public static class CheckpointServices
{
    /// <summary>Registers what finds their files.</summary>
    public static IServiceCollection AddCheckpoints(this IServiceCollection services) => services.AddSingleton<GeneratorFiles>();
}
