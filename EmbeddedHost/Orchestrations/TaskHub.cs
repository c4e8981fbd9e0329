using Azure.Storage.Queues;
using DurableTask.AzureStorage;
using DurableTask.Core;
using GanFunctions.EmbeddedHost.Discovery;
using GanFunctions.Storage;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Orchestrations;

/// <summary>
/// Runs the orchestrators and activities of the app on the Durable Task Framework with its Azure Storage provider, which is also the engine
/// of the Durable Functions extension. Any number of processes can share a task hub.
/// </summary>
internal sealed partial class TaskHub : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(500);
    private readonly AzureStorageOrchestrationService _service;
    private readonly Activities _activities;
    private readonly TaskHubWorker _worker;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<TaskHub> _logger;
    private CancellationTokenRegistration _stopping;

    public TaskHub(
        FunctionCatalog functions, TaskHubSettings settings, StorageConnection storage, IServiceProvider services, IHostApplicationLifetime lifetime,
        ILoggerFactory loggers)
    {
        (Settings, _lifetime, _logger) = (settings, lifetime, loggers.CreateLogger<TaskHub>());
        var serviceSettings = settings.ToServiceSettings(storage.ForTaskHub());
        serviceSettings.LoggerFactory = loggers;
        _service = new AzureStorageOrchestrationService(serviceSettings);
        _activities = new Activities(functions, services, loggers);
        _worker = new TaskHubWorker(_service, new Orchestrators(functions, settings, services, loggers), _activities, settings.Versioning, loggers)
        {
            ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails,
        };
        Client = new TaskHubDurableClient(_service, settings);
    }

    public TaskHubSettings Settings { get; }

    public DurableTaskClient Client { get; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _service.CreateIfNotExistsAsync();
        await _worker.StartAsync();
        _stopping = _lifetime.ApplicationStopping.Register(_activities.Stop);
        LogStarted(Settings.HubName);
        _ = LogUnfinishedAsync(_lifetime.ApplicationStopping);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _activities.Stop();
        await _activities.WaitAsync(cancellationToken);
        // Messages that are in memory when the worker stops stay hidden until their visibility timeout. Let the orchestrations process the
        // results of activities first.
        await Task.Delay(SettleTime, CancellationToken.None);
        try
        {
            // Releases the partition leases, so that another process can acquire them at once. If storage is unavailable, this would retry
            // for ten minutes.
            await _worker.StopAsync(isForced: false).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            LogNotReleased(Settings.HubName, Settings.LeaseInterval.TotalSeconds);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.DisposeAsync();
        _worker.Dispose();
        _service.Dispose();
        _activities.Dispose();
    }

    private async Task LogUnfinishedAsync(CancellationToken stopping)
    {
        try
        {
            var query = new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running], PageSize: 1000);
            var unfinished = 0;
            await foreach (var _ in Client.GetAllInstancesAsync(query).WithCancellation(stopping)) unfinished++;
            TimeSpan[] timeouts = [Settings.LeaseInterval, Settings.ControlQueueVisibilityTimeout, Settings.WorkItemQueueVisibilityTimeout];
            if (unfinished > 0) LogUnfinished(Settings.HubName, unfinished, timeouts.Max().TotalSeconds);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogNotQueried(Settings.HubName, failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Task hub {Hub}: connected")]
    private partial void LogStarted(string hub);

    [LoggerMessage(
        LogLevel.Information, "Task hub {Hub}: unfinished orchestrations to resume: {Count}; those of a killed process resume within {Seconds} s")]
    private partial void LogUnfinished(string hub, int count, double seconds);

    [LoggerMessage(
        LogLevel.Warning, "Task hub {Hub}: partition leases were not released in time; another process can acquire them after {Seconds} s")]
    private partial void LogNotReleased(string hub, double seconds);

    [LoggerMessage(LogLevel.Warning, "Task hub {Hub}: could not count the unfinished orchestrations. {Problem}")]
    private partial void LogNotQueried(string hub, string problem);
}

internal static class TaskHubServices
{
    public static void AddTaskHub(this IServiceCollection services, FunctionCatalog catalog, TaskHubSettings settings)
    {
        services.AddSingleton(catalog).AddSingleton(settings).AddSingleton<TaskHub>();
        services.AddHostedService(provider => provider.GetRequiredService<TaskHub>());
        services.AddSingleton(provider => provider.GetRequiredService<TaskHub>().Client);
    }

    public static StorageAccountClientProvider ForTaskHub(this StorageConnection storage)
    {
        // A message that can be neither deleted nor returned stays hidden. Queue operations are therefore retried until storage is
        // available again.
        var persistent = new QueueClientOptions { Retry = { MaxRetries = 1000, MaxDelay = TimeSpan.FromSeconds(5) } };
        if (storage.ConnectionString is { } connection)
        {
            return new(
                StorageServiceClientProvider.ForBlob(connection),
                StorageServiceClientProvider.ForQueue(connection, persistent),
                StorageServiceClientProvider.ForTable(connection));
        }
        var credential = storage.Credential();
        return new(
            StorageServiceClientProvider.ForBlob(storage.Address("blob"), credential),
            StorageServiceClientProvider.ForQueue(storage.Address("queue"), credential, persistent),
            StorageServiceClientProvider.ForTable(storage.Address("table"), credential));
    }
}
