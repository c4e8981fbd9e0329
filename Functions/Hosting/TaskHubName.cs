using GanFunctions.Storage;

namespace GanFunctions.Functions.Hosting;

/// <summary>The task hub of this app, as both hosts read it. Runs of another hub on the same storage account are left to the app that has it.</summary>
/// <param name="Value">Its name.</param>
public sealed record TaskHubName(string Value)
{
    private const string Setting = "extensions:durableTask:hubName";

    /// <summary>From the setting <c>AzureFunctionsJobHost:extensions:durableTask:hubName</c>, else from host.json.</summary>
    public static TaskHubName From(IConfiguration configuration) => new(
        HostJson.Read(configuration)[Setting] ?? throw new InvalidOperationException($"host.json: {Setting} is missing; it must name the task hub."));
}
