using GanFunctions.EmbeddedHost;

namespace GanFunctions.Functions.Hosting;

/// <summary>The host of the functions: this process.</summary>
internal static class AppHost
{
    /// <summary>A builder for the app.</summary>
    public static EmbeddedApplicationBuilder CreateBuilder(string[] args) => EmbeddedApplication.CreateBuilder(args);

    /// <summary>Runs the app that <paramref name="build"/> returns.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(Func<IHost> build) => EmbeddedApplication.Run(build);
}
