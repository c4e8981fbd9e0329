using GanFunctions.TestKit;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Tests;

/// <summary>The functions in the folder Functions, on a real host with a real Azurite.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost _host;

    private TestHost(IHost host, LogRecorder log)
    {
        (_host, Log) = (host, log);
        var address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Http = new HttpClient { BaseAddress = new Uri(address) };
    }

    public HttpClient Http { get; }

    public LogRecorder Log { get; }

    public bool IsStopping => _host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    public DurableTaskClient Client => _host.Services.GetRequiredService<DurableTaskClient>();

    /// <summary>An argument that sets an option of the task hub.</summary>
    public static string Setting(string name, string value) => $"--AzureFunctionsJobHost:extensions:durableTask:{name}={value}";

    public static string NewHub() => "t" + Guid.NewGuid().ToString("N")[..16];

    public static async Task<TestHost> StartAsync(AzuriteFixture azurite, string? hub = null, params string[] settings)
    {
        var log = new LogRecorder();
        var host = Builder(azurite, hub, log, settings).Build();
        await host.StartAsync();
        return new TestHost(host, log);
    }

    public static EmbeddedApplicationBuilder Builder(AzuriteFixture azurite, string? hub, LogRecorder log, params string[] settings)
    {
        string[] arguments =
        [
            "--urls", "http://127.0.0.1:0",
            "--AzureWebJobsStorage", azurite.ConnectionString,
            Setting("hubName", hub ?? NewHub()),
            .. settings,
        ];
        return Builder(log, [typeof(Orchestrators), typeof(Activities), typeof(QueueFunctions), typeof(HttpFunctionsToCall)], arguments);
    }

    public static EmbeddedApplicationBuilder Builder(LogRecorder log, Type[] functions, params string[] arguments)
    {
        var builder = new EmbeddedApplicationBuilder(arguments, functions);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(Gates.OfAllHosts);
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = 2 * Wait.Patience);
        return builder;
    }

    /// <summary>Starts an orchestration, waits until it ends, and returns its metadata.</summary>
    public async Task<OrchestrationMetadata> RunAsync(string name, object? input = null, string? id = null)
    {
        var started = await Client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(id));
        return await EndOfAsync(started);
    }

    public async Task<OrchestrationMetadata> EndOfAsync(string instanceId)
    {
        using var patience = new CancellationTokenSource(Wait.Patience);
        try
        {
            return await Client.WaitForInstanceCompletionAsync(instanceId, getInputsAndOutputs: true, patience.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"Timed out waiting for {instanceId} to end.\n{string.Join('\n', Log.Lines)}", e);
        }
    }

    /// <summary>Waits until a condition holds; a time-out includes the log of the host.</summary>
    public Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    /// <inheritdoc cref="UntilAsync(Func{bool}, string)"/>
    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        try
        {
            await Wait.UntilAsync(condition, what);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{string.Join('\n', Log.Lines)}", e);
        }
    }

    /// <summary>Stops the host; the test fails if that takes too long.</summary>
    public Task StopAsync() => _host.StopAsync().WaitAsync(Wait.Patience);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}

internal static class Ended
{
    /// <summary>The output of a completed orchestration; for any other, the test fails with the reason.</summary>
    public static T? Output<T>(this OrchestrationMetadata end)
    {
        Assert.True(end.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{end.InstanceId} is {end.RuntimeStatus}: {end.SerializedOutput}");
        return end.ReadOutputAs<T>();
    }
}
