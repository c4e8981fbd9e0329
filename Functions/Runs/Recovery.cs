using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Functions.Datasets;

namespace GanFunctions.Functions.Runs;

/// <summary>
/// Schedules abandoned runs and uploads again, once a minute: those that a crash left between claim and schedule, and runs whose orchestration
/// failed. Only on a host that provides its durable client by injection, as the embedded host does; on the Functions host, the next status request
/// does the same.
/// </summary>
public sealed partial class Recovery(
    IServiceProvider services, RunStore runs, RunStarter starter, ConversionStore conversions, ConversionStarter conversionStarter,
    TimeProvider time, ILogger<Recovery> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<DurableTaskClient>() is not { } client) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var row in runs.ListAsync(stoppingToken)) await starter.RecoverAsync(client, row, stoppingToken);
                foreach (var upload in await conversions.ListAsync(stoppingToken)) await conversionStarter.RecoverAsync(upload, stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                LogFailed(problem);
            }
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not check for abandoned runs and uploads; checking again in a minute")]
    private partial void LogFailed(Exception problem);
}
