namespace GanFunctions.Functions.Demo;

/// <summary>What a person at the terminal sees after the start.</summary>
public static class WelcomeServices
{
    /// <summary>Registers the demo when the first argument says so, else a word on what to try. Nothing on a host without addresses of its own.</summary>
    public static IServiceCollection AddWelcomeOrDemo(this IServiceCollection services, string[] args)
    {
        services.AddSingleton<OwnAddress>();
        if (args is not ["demo", ..]) return services.AddHostedService<Welcome>();
        // A log between the lines of a progress bar would tear it apart.
        return services.AddLogging(logging => logging.AddFilter(level => level >= LogLevel.Warning)).AddHostedService<DemoRun>();
    }
}
