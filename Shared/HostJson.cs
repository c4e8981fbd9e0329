using Microsoft.Extensions.Configuration;

namespace GanFunctions.Storage;

/// <summary>
/// Reads host.json from the folder of the app, overridden by the section <c>AzureFunctionsJobHost</c> of the configuration, as the
/// Functions host does. Compiled into the app and into the embedded host.
/// </summary>
internal static class HostJson
{
    /// <summary>
    /// The section that overrides host.json, such as the environment variable <c>AzureFunctionsJobHost__extensions__...</c>.
    /// </summary>
    public const string Overrides = "AzureFunctionsJobHost";

    /// <summary>Reads host.json and its overrides.</summary>
    /// <param name="configuration">The configuration with the overrides.</param>
    /// <param name="replacements">Values that replace those of host.json and can be overridden.</param>
    public static IConfiguration Read(
        IConfiguration configuration, IEnumerable<KeyValuePair<string, string?>>? replacements = null) => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("host.json", optional: true)
        .AddInMemoryCollection(replacements ?? [])
        .AddInMemoryCollection(configuration.GetSection(Overrides).AsEnumerable(makePathsRelative: true).Where(pair => pair.Value is not null))
        .Build();
}
