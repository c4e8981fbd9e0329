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
/// Runs queue functions with at-least-once delivery: a message is hidden while its function runs, deleted when the function returns, and
/// visible again after the function throws or this process ends. Concurrency and the maximum number of attempts are those of
/// <c>extensions.queues</c> in host.json.
/// </summary>
internal sealed partial class QueueListener(
    FunctionCatalog functions, IConfiguration configuration, StorageConnection storage, IServiceProvider services,
    ILogger<QueueListener> logger) : BackgroundService
{
    private static readonly TimeSpan VisibilityTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MinPollingInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxPollingInterval = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var settings = HostJson.Read(configuration).GetSection("extensions:queues");
        var concurrency = settings.GetValue("batchSize", 1) + settings.GetValue("newBatchThreshold", 0);
        var maxAttempts = settings.GetValue("maxDequeueCount", 5);
        return Task.WhenAll(
            from function in functions.Queues
            from _ in Enumerable.Range(0, concurrency)
            let queue = function.Trigger.GetCustomAttribute<QueueTriggerAttribute>()!.QueueName
            select ListenAsync(function, storage.Queues().GetQueueClient(queue), maxAttempts, stoppingToken));
    }

    private async Task ListenAsync(AppFunction function, QueueClient queue, int maxAttempts, CancellationToken stopping)
    {
        var interval = MinPollingInterval;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await queue.CreateIfNotExistsAsync(cancellationToken: stopping);
                while (!stopping.IsCancellationRequested)
                {
                    if ((await queue.ReceiveMessageAsync(VisibilityTimeout, stopping)).Value is { } message)
                    {
                        await HandleAsync(function, queue, message, maxAttempts, stopping);
                        interval = MinPollingInterval;
                        continue;
                    }
                    await Task.Delay(interval, stopping);
                    interval = interval * 2 < MaxPollingInterval ? interval * 2 : MaxPollingInterval;
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                LogUnavailable(queue.Name, failure.Message);
                await Task.Delay(MaxPollingInterval, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task HandleAsync(AppFunction function, QueueClient queue, QueueMessage message, int maxAttempts, CancellationToken stopping)
    {
        if (message.DequeueCount > maxAttempts)
        {
            var poison = storage.Queues().GetQueueClient(queue.Name + "-poison");
            await poison.CreateIfNotExistsAsync(cancellationToken: stopping);
            await poison.SendMessageAsync(message.MessageText, stopping);
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, stopping);
            LogPoisoned(queue.Name, poison.Name, message.DequeueCount - 1);
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
                : throw function.Unbound(parameter, "a queue function can have the message and a CancellationToken"));
            isDone = true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            LogReturned(function.Name);
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
            else if (stopping.IsCancellationRequested)
                await queue.UpdateMessageAsync(message.MessageId, receipt, visibilityTimeout: TimeSpan.Zero, cancellationToken: CancellationToken.None);
        }
        catch (RequestFailedException lost) when (lost.Status is 400 or 404)
        {
            LogLost(message.MessageId, queue.Name, lost.Message);
        }
    }

    /// <summary>Keeps a message hidden until it is processed.</summary>
    /// <returns>The pop receipt to delete it with.</returns>
    private async Task<string> RenewAsync(QueueClient queue, QueueMessage message, CancellationToken ended)
    {
        var receipt = message.PopReceipt;
        while (true)
        {
            await Task.Delay(RenewInterval, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested) return receipt;
            try
            {
                var renewed = await queue.UpdateMessageAsync(
                    message.MessageId, receipt, visibilityTimeout: VisibilityTimeout, cancellationToken: CancellationToken.None);
                receipt = renewed.Value.PopReceipt;
            }
            catch (Exception failure) when (failure is RequestFailedException or AggregateException)
            {
                LogNotRenewed(message.MessageId, failure.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Queue {Queue}: storage is unavailable; retrying. {Problem}")]
    private partial void LogUnavailable(string queue, string problem);

    [LoggerMessage(LogLevel.Information, "Function {Name} was interrupted by the shutdown of the host; its message returns to the queue")]
    private partial void LogReturned(string name);

    [LoggerMessage(LogLevel.Error, "Function {Name} failed (attempt {Attempt}); its message will be retried")]
    private partial void LogFailed(Exception failure, string name, long attempt);

    [LoggerMessage(LogLevel.Warning, "Could not renew the visibility timeout of message {Id}; its function may run twice. {Problem}")]
    private partial void LogNotRenewed(string id, string problem);

    [LoggerMessage(LogLevel.Warning, "Message {Id} of queue {Queue}: its visibility timeout has expired, so its function may run twice. {Problem}")]
    private partial void LogLost(string id, string queue, string problem);

    [LoggerMessage(LogLevel.Error, "Queue {Queue}: moved a message to {Poison} after {Count} attempts")]
    private partial void LogPoisoned(string queue, string poison, long count);
}
