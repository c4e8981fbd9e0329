namespace GanFunctions.Functions.Terminal;

/// <summary>What the terminal shows after the start.</summary>
internal static class TerminalServices
{
    /// <summary>
    /// Registers the command <c>train</c> or <c>demo</c>, or else the welcome text, which does nothing under the Functions host.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="args">The command line.</param>
    /// <param name="train">The arguments of <c>train</c>, if that is the command.</param>
    public static IServiceCollection AddTerminal(this IServiceCollection services, string[] args, TrainArguments? train)
    {
        services.AddSingleton<OwnAddress>();
        if (train is null && args is not ["demo", ..]) return services.AddHostedService<Welcome>();
        services.AddSingleton<LocalRun>();
        services.AddLogging(logging => logging
            .AddFilter(level => level >= LogLevel.Warning) // log lines would break the progress bar
            .AddFilter("DurableTask.Core", LogLevel.Critical)); // it logs the activity that Ctrl+C interrupts with a stack trace
        return train is null ? services.AddHostedService<DemoRun>() : services.AddSingleton(train).AddHostedService<TrainRun>();
    }
}
