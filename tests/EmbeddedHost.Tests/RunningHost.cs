using GanFunctions.TestKit;

namespace GanFunctions.EmbeddedHost.Tests;

/// <summary>A host for all tests of a class that do not stop it.</summary>
public sealed class RunningHost(AzuriteFixture azurite) : IAsyncLifetime
{
    private TestHost? _host;

    public HttpClient Http => _host!.Http;

    public DurableTaskClient Client => _host!.Client;

    public async ValueTask InitializeAsync() => _host = await TestHost.StartAsync(azurite);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
    }

    /// <inheritdoc cref="TestHost.RunAsync(string, object?, string?)"/>
    public Task<OrchestrationMetadata> RunAsync(string name, object? input = null, string? id = null) => _host!.RunAsync(name, input, id);

    /// <inheritdoc cref="TestHost.EndOfAsync"/>
    public Task<OrchestrationMetadata> EndOfAsync(string instanceId) => _host!.EndOfAsync(instanceId);
}
