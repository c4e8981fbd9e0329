using GanFunctions.Storage;

namespace GanFunctions.Functions.Hosting;

/// <summary>Name of this app's task hub. Runs of another hub on the same storage account belong to another app.</summary>
/// <param name="Value">The name.</param>
public sealed record TaskHubName(string Value)
{
    private const string Setting = "extensions:durableTask:hubName";

    /// <summary>Reads the name from the setting <c>AzureFunctionsJobHost:extensions:durableTask:hubName</c>, else from host.json.</summary>
    public static TaskHubName From(IConfiguration configuration) => new(
        HostJson.Read(configuration)[Setting] ?? throw new InvalidOperationException($"host.json: {Setting} is missing; it must name the task hub."));
}
