using Microsoft.Azure.Functions.Worker.Builder;

namespace GanFunctions.Functions.Hosting;

/// <summary>The host of the functions: the Azure Functions host, which starts this process as its worker.</summary>
internal static class AppHost
{
    /// <summary>A builder for the app.</summary>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = FunctionsApplication.CreateBuilder(args);
        builder.ConfigureFunctionsWebApplication();
        builder.UseMiddleware<StorageProblems>();
        builder.Logging.AddFilter("Microsoft.AspNetCore.Http.Result", LogLevel.Warning); // two lines about every response
        return builder;
    }

    /// <summary>Runs the app that <paramref name="build"/> returns.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(Func<IHost> build)
    {
        build().Run();
        return 0;
    }
}
