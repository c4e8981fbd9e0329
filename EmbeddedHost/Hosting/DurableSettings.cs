using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.EmbeddedHost;

/// <summary>What the durable engine is told: by <c>EmbeddedHost:...</c>, else by host.json as the Functions host reads it, else by default.</summary>
internal sealed partial record DurableSettings(string HubName, int MaxConcurrentActivities)
{
    private const string InHostJson = "extensions:durableTask:";

    /// <exception cref="InvalidOperationException">A value cannot be.</exception>
    public static DurableSettings From(IConfiguration configuration)
    {
        var hostJson = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("host.json", optional: true)
            .Build();
        var hub = configuration["EmbeddedHost:HubName"] ?? hostJson[InHostJson + "hubName"] ?? "GanFunctions";
        if (!HubNames().IsMatch(hub))
        {
            throw new InvalidOperationException($"'{hub}' is no hub name: valid are a letter and then 2 to 44 letters and digits.");
        }

        const string LimitSetting = "maxConcurrentActivityFunctions";
        var limit = hostJson.GetValue<int?>(InHostJson + LimitSetting) ?? 1;
        return limit < 1
            ? throw new InvalidOperationException($"host.json: {LimitSetting} is {limit}; it must be 1 or more.")
            : new(hub, limit);
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{2,44}$")]
    private static partial Regex HubNames();
}
