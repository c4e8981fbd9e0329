using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace GanFunctions.Functions.Demo;

/// <summary>Where this very process answers HTTP, once it does.</summary>
public sealed class OwnAddress(IServiceProvider services, IHostApplicationLifetime lifetime, IConfiguration configuration)
{
    private const string FunctionsHostSetting = "FUNCTIONS_WORKER_RUNTIME"; // set by the Functions host, whose address is not ours

    /// <summary>The first address, or null under the Functions host.</summary>
    public async Task<Uri?> WaitAsync(CancellationToken cancellation)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var whenStarted = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await using var whenCancelled = cancellation.Register(() => started.TrySetCanceled(cancellation));
        await started.Task;
        if (configuration[FunctionsHostSetting] is not null) return null;
        var address = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        return address is null ? null : new Uri(address.Replace("://[::]", "://localhost", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal));
    }
}
