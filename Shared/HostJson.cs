using Microsoft.Extensions.Configuration;

namespace GanFunctions.Storage;

/// <summary>
/// host.json beside the app, overridden by the section <c>AzureFunctionsJobHost</c> of the configuration, as the Functions host reads it. Compiled into
/// the app and into the embedded host.
/// </summary>
internal static class HostJson
{
    /// <summary>The section that overrides host.json: as an environment variable, <c>AzureFunctionsJobHost__extensions__...</c>.</summary>
    public const string Overrides = "AzureFunctionsJobHost";

    /// <param name="configuration">Where the overrides are.</param>
    /// <param name="instead">Values that take the place of those in host.json unless they are overridden.</param>
    public static IConfiguration Read(IConfiguration configuration, IEnumerable<KeyValuePair<string, string?>>? instead = null) => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("host.json", optional: true)
        .AddInMemoryCollection(instead ?? [])
        .AddInMemoryCollection(configuration.GetSection(Overrides).AsEnumerable(makePathsRelative: true).Where(pair => pair.Value is not null))
        .Build();
}
