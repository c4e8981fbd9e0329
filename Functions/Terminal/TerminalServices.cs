using GanFunctions.Cli;

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
    /// <exception cref="InvalidOperationException">The command is unknown.</exception>
    public static IServiceCollection AddTerminal(this IServiceCollection services, string[] args, TrainArguments? train)
    {
        if (args is [var command, ..] && command is not ("demo" or "train") && !command.StartsWith('-') && !command.Contains('='))
        {
            throw new InvalidOperationException(
                $"'{command}' is not a command: the commands are demo, {string.Join(", ", GanCommandLine.Verbs)}. Options begin with two hyphens.");
        }
        services.AddSingleton<OwnAddress>();
        if (train is null && args is not ["demo", ..]) return services.AddHostedService<Welcome>();
        services.AddSingleton<LocalRun>();
        services.AddLogging(logging => logging.AddFilter(level => level >= LogLevel.Warning)); // log lines would break the progress bar
        return train is null ? services.AddHostedService<DemoRun>() : services.AddSingleton(train).AddHostedService<TrainRun>();
    }
}
