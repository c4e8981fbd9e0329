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
/// Runs the orchestrators and activities of the app on the Durable Task Framework over Azure Storage, the engine of the Durable Functions
/// extension. Any number of processes may share a hub.
/// </summary>
internal sealed partial class TaskHub : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);
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
        var library = settings.For(storage.ForTaskHub());
        library.LoggerFactory = loggers;
        _service = new AzureStorageOrchestrationService(library);
        _activities = new Activities(functions, services, loggers);
        _worker = new TaskHubWorker(_service, new Orchestrators(functions, services, loggers), _activities, settings.Versioning, loggers)
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
        _ = TellOfUnfinishedAsync(_lifetime.ApplicationStopping);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _activities.Stop();
        await _activities.EndedAsync(cancellationToken);
        // Messages in memory stay invisible until their timeout after the worker stops: let the orchestrations process the activities' results first.
        await Task.Delay(Settling, CancellationToken.None);
        try
        {
            // Releases the partitions, so that the next process can take them at once. Without storage the library would retry for ten minutes.
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

    private async Task TellOfUnfinishedAsync(CancellationToken stopping)
    {
        try
        {
            var query = new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running], PageSize: 1000);
            var unfinished = 0;
            await foreach (var _ in Client.GetAllInstancesAsync(query).WithCancellation(stopping)) unfinished++;
            var longest = TimeSpan.FromTicks(Math.Max(Settings.LeaseInterval.Ticks, Math.Max(Settings.ControlQueueVisibilityTimeout.Ticks, Settings.WorkItemQueueVisibilityTimeout.Ticks)));
            if (unfinished > 0) LogUnfinished(Settings.HubName, unfinished, longest.TotalSeconds);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogNotQueried(Settings.HubName, failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Connected to task hub {Hub}.")]
    private partial void LogStarted(string hub);

    [LoggerMessage(LogLevel.Information, "Task hub {Hub}: resuming {Count} unfinished orchestrations. Work held by a killed process becomes available after about {Seconds} s.")]
    private partial void LogUnfinished(string hub, int count, double seconds);

    [LoggerMessage(LogLevel.Warning, "Task hub {Hub}: partitions were not released in time; another process can take them after {Seconds} s.")]
    private partial void LogNotReleased(string hub, double seconds);

    [LoggerMessage(LogLevel.Warning, "Task hub {Hub}: unfinished orchestrations could not be counted: {Problem}")]
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
        // A message that can be neither completed nor given back stays locked for this process. So its queues are tried until the storage is back.
        var patient = new QueueClientOptions { Retry = { MaxRetries = 1000, MaxDelay = TimeSpan.FromSeconds(5) } };
        if (storage.ConnectionString is { } connection)
        {
            return new(
                StorageServiceClientProvider.ForBlob(connection), StorageServiceClientProvider.ForQueue(connection, patient), StorageServiceClientProvider.ForTable(connection));
        }
        var credential = storage.Credential();
        return new(
            StorageServiceClientProvider.ForBlob(storage.Address("blob"), credential),
            StorageServiceClientProvider.ForQueue(storage.Address("queue"), credential, patient),
            StorageServiceClientProvider.ForTable(storage.Address("table"), credential));
    }
}
