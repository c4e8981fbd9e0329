using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Sweeps;
using GanFunctions.Storage;
using Microsoft.Extensions.Azure;

namespace GanFunctions.Functions.Storage;

/// <summary>Blobs, tables and queues of the storage account, which the Functions host uses as well.</summary>
public static class StorageServices
{
    /// <summary>Registers the clients and stores.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddAzureClientsCore();
        services.AddSingleton<StorageConnection>(); // read on first use: the host may still be starting the storage emulator
        services.AddSingleton(provider => provider.GetRequiredService<StorageConnection>().Blobs(ErrorBodies.AddTo(new())).GetBlobContainerClient("gan"));
        services.AddSingleton(provider => provider.GetRequiredService<StorageConnection>().Tables());
        services.AddSingleton(provider => new RunStore(provider.GetRequiredService<TableServiceClient>().GetTableClient("GanRuns")));
        services.AddSingleton(provider => new LossLog(provider.GetRequiredService<TableServiceClient>().GetTableClient("GanLosses")));
        services.AddSingleton(provider => new SweepStore(provider.GetRequiredService<TableServiceClient>().GetTableClient("GanSweeps")));
        services.AddSingleton<CheckpointStore>();
        services.AddSingleton<ShardStore>();
        services.AddSingleton<InitialFiles>();
        services.AddSingleton<GridStore>();
        return services.AddHostedService<StorageSetup>();
    }

    /// <summary>Creates missing containers, queues and tables before anything else runs.</summary>
    private sealed class StorageSetup(BlobContainerClient container, QueueClient queue, TableServiceClient tables) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await tables.CreateTableIfNotExistsAsync("GanRuns", cancellationToken);
            await tables.CreateTableIfNotExistsAsync("GanLosses", cancellationToken);
            await tables.CreateTableIfNotExistsAsync("GanSweeps", cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
