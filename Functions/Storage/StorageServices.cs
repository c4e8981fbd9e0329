using Azure.Data.Tables;
using Azure.Storage.Blobs;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Runs;

namespace GanFunctions.Functions.Storage;

/// <summary>The container and the tables, from the connection that the Functions host uses too.</summary>
public static class StorageServices
{
    private const string ConnectionSetting = "AzureWebJobsStorage";

    /// <summary>Registers what reads and writes Azure Storage.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        // Read when first used, not before: the host may still be starting the storage emulator.
        string Connection() => configuration[ConnectionSetting] is { Length: > 0 } connection
            ? connection
            : throw new InvalidOperationException($"The setting {ConnectionSetting} is missing; it must be a connection string of Azure Storage.");

        services.AddSingleton(_ => new BlobServiceClient(Connection()).GetBlobContainerClient("gan"));
        services.AddSingleton(_ => new TableServiceClient(Connection()));
        services.AddSingleton(provider => new RunStore(provider.GetRequiredService<TableServiceClient>().GetTableClient("GanRuns")));
        services.AddSingleton(provider => new LossLog(provider.GetRequiredService<TableServiceClient>().GetTableClient("GanLosses")));
        services.AddSingleton<CheckpointStore>();
        return services.AddHostedService<StorageSetup>();
    }

    /// <summary>Makes the container and the tables where they are missing, before anything else runs.</summary>
    private sealed class StorageSetup(BlobContainerClient container, TableServiceClient tables) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await tables.CreateTableIfNotExistsAsync("GanRuns", cancellationToken);
            await tables.CreateTableIfNotExistsAsync("GanLosses", cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
