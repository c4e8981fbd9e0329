using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace GanFunctions.Functions.Terminal;

/// <summary>The HTTP address of this process.</summary>
public sealed class OwnAddress(IServiceProvider services, IHostApplicationLifetime lifetime, IConfiguration configuration)
{
    private const string FunctionsHostSetting = "FUNCTIONS_WORKER_RUNTIME"; // set by the Functions host

    /// <summary>Waits for the app to start.</summary>
    /// <returns>Its first address; null under the Functions host, and if the app could not start.</returns>
    public async Task<Uri?> WaitAsync(CancellationToken cancellation)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var whenStarted = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await using var whenCancelled = cancellation.Register(() => started.TrySetResult());
        await started.Task;
        if (cancellation.IsCancellationRequested) return null;
        if (configuration[FunctionsHostSetting] is not null) return null;
        var address = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        return address is null ? null : new Uri(address.Replace("://[::]", "://localhost", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal));
    }
}
