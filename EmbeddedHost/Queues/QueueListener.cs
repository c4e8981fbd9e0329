using System.Reflection;
using System.Text.Json;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using GanFunctions.EmbeddedHost.Discovery;
using GanFunctions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Queues;

/// <summary>
/// Calls queue functions with the messages of their queues, at least once each: a message stays hidden while its function runs, is deleted when the
/// function returns, and appears again when it throws or this process ends. How many run at once and how often each is tried is read from
/// <c>extensions.queues</c> of host.json.
/// </summary>
internal sealed partial class QueueListener(
    FunctionCatalog functions, IConfiguration configuration, StorageConnection storage, IServiceProvider services, ILogger<QueueListener> logger) : BackgroundService
{
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var settings = HostJson.Read(configuration).GetSection("extensions:queues");
        var atOnce = settings.GetValue("batchSize", 1) + settings.GetValue("newBatchThreshold", 0);
        var most = settings.GetValue("maxDequeueCount", 5);
        return Task.WhenAll(
            from function in functions.Queues
            from _ in Enumerable.Range(0, atOnce)
            let queue = function.Trigger.GetCustomAttribute<QueueTriggerAttribute>()!.QueueName
            select ListenAsync(function, storage.Queues().GetQueueClient(queue), most, stoppingToken));
    }

    private async Task ListenAsync(AppFunction function, QueueClient queue, int most, CancellationToken stopping)
    {
        var pause = Shortest;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await queue.CreateIfNotExistsAsync(cancellationToken: stopping);
                while (!stopping.IsCancellationRequested)
                {
                    if ((await queue.ReceiveMessageAsync(Visibility, stopping)).Value is { } message)
                    {
                        await HandleAsync(function, queue, message, most, stopping);
                        pause = Shortest;
                        continue;
                    }
                    await Task.Delay(pause, stopping);
                    pause = pause * 2 < Longest ? pause * 2 : Longest;
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                LogSilent(queue.Name, failure.Message);
                await Task.Delay(Longest, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task HandleAsync(AppFunction function, QueueClient queue, QueueMessage message, int most, CancellationToken stopping)
    {
        if (message.DequeueCount > most)
        {
            var poison = storage.Queues().GetQueueClient(queue.Name + "-poison");
            await poison.CreateIfNotExistsAsync(cancellationToken: stopping);
            await poison.SendMessageAsync(message.MessageText, stopping);
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, stopping);
            LogPutAside(queue.Name, poison.Name, message.DequeueCount);
            return;
        }

        using var ended = new CancellationTokenSource();
        var renewing = RenewAsync(queue, message, ended.Token);
        var isDone = false;
        try
        {
            await using var scope = services.CreateAsyncScope();
            var input = JsonSerializer.Deserialize(message.MessageText, function.Trigger.ParameterType, JsonSerializerOptions.Web);
            await function.InvokeAsync(scope.ServiceProvider, parameter =>
                parameter == function.Trigger ? input
                : parameter.ParameterType == typeof(CancellationToken) ? stopping
                : throw function.Unbound(parameter, "a queue function takes the message and a CancellationToken"));
            isDone = true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            LogGivenBack(function.Name);
        }
        catch (Exception failure)
        {
            LogFailed(failure, function.Name, message.DequeueCount);
        }
        await ended.CancelAsync();
        var receipt = await renewing;
        try
        {
            if (isDone) await queue.DeleteMessageAsync(message.MessageId, receipt, CancellationToken.None);
            else if (stopping.IsCancellationRequested) await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: TimeSpan.Zero, cancellationToken: CancellationToken.None);
        }
        catch (RequestFailedException lost) when (lost.Status is 400 or 404)
        {
            LogNotRenewed(message.MessageId, lost.Message); // its visibility ran out, and another process has it
        }
    }

    /// <summary>Keeps a message hidden.</summary>
    /// <returns>The receipt that it can be deleted with.</returns>
    private async Task<string> RenewAsync(QueueClient queue, QueueMessage message, CancellationToken ended)
    {
        var receipt = message.PopReceipt;
        while (true)
        {
            await Task.Delay(RenewInterval, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested) return receipt;
            try
            {
                receipt = (await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: Visibility, cancellationToken: CancellationToken.None)).Value.PopReceipt;
            }
            catch (Exception failure) when (failure is RequestFailedException or AggregateException)
            {
                LogNotRenewed(message.MessageId, failure.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Queue {Queue}: storage is unavailable; retrying. {Problem}")]
    private partial void LogSilent(string queue, string problem);

    [LoggerMessage(LogLevel.Information, "Function {Name} was interrupted by the shutdown of the host; its message returns to the queue.")]
    private partial void LogGivenBack(string name);

    [LoggerMessage(LogLevel.Error, "Function {Name} failed (attempt {Attempt}); its message will be retried.")]
    private partial void LogFailed(Exception failure, string name, long attempt);

    [LoggerMessage(LogLevel.Warning, "The visibility of message {Id} could not be renewed; its function may run twice. {Problem}")]
    private partial void LogNotRenewed(string id, string problem);

    [LoggerMessage(LogLevel.Error, "Moved a message from queue {Queue} to {Poison} after {Count} attempts.")]
    private partial void LogPutAside(string queue, string poison, long count);
}
