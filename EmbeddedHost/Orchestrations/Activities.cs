using DurableTask.Core;
using DurableTask.Core.Exceptions;
using GanFunctions.EmbeddedHost.Discovery;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Orchestrations;

/// <summary>
/// Creates the app's activities for the engine. On shutdown, running activities are cancelled; their messages return to the queue, and the
/// orchestrations see no failure.
/// </summary>
internal sealed partial class Activities(FunctionCatalog functions, IServiceProvider services, ILoggerFactory loggers)
    : INameVersionObjectManager<TaskActivity>, IDisposable
{
    private readonly DurableTaskShimFactory _shims = new(null, loggers);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _logger = loggers.CreateLogger<Activities>();
    private int _running = 1; // for the host itself, until it stops
    private int _stopped;

    public void Add(ObjectCreator<TaskActivity> creator) => throw new NotSupportedException("Activities are discovered by their attributes.");

    public TaskActivity GetObject(string name, string? version) => _shims.CreateActivity(name, new Activity(name, functions, this));

    /// <summary>Cancels running activities and returns new ones to the queue.</summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 1) return;
        _stopping.Cancel();
        Leave();
    }

    /// <summary>Waits until no activity is running, or the shutdown timeout expires.</summary>
    public Task WaitAsync(CancellationToken cancellation) => Task.WhenAny(_ended.Task, Task.Delay(Timeout.Infinite, cancellation));

    public void Dispose() => _stopping.Dispose();

    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0) _ended.TrySetResult();
    }

    private async Task<object?> InvokeAsync(AppFunction function, string instanceId, object? input)
    {
        Interlocked.Increment(ref _running);
        try
        {
            _stopping.Token.ThrowIfCancellationRequested();
            await using var scope = services.CreateAsyncScope();
            return await function.InvokeAsync(scope.ServiceProvider, parameter =>
                parameter == function.Trigger ? input
                : parameter.ParameterType == typeof(CancellationToken) ? _stopping.Token
                : parameter.ParameterType == typeof(DurableTaskClient) ? services.GetRequiredService<DurableTaskClient>()
                : parameter is { Name: "instanceId" } && parameter.ParameterType == typeof(string) ? instanceId
                : throw function.Unbound(
                    parameter, "an activity can have its input, a CancellationToken, a [DurableClient] DurableTaskClient and a string instanceId"));
        }
        catch (OperationCanceledException cancelled) when (_stopping.IsCancellationRequested)
        {
            LogInterrupted(function.Name, instanceId);
            throw new SessionAbortedException(
                $"Activity {function.Name} of {instanceId} was interrupted by the shutdown of the host; its message returns to the queue.", cancelled);
        }
        catch (Exception failure)
        {
            LogFailed(failure, function.Name, instanceId);
            throw;
        }
        finally
        {
            Leave();
        }
    }

    private sealed class Activity(string name, FunctionCatalog functions, Activities activities) : ITaskActivity
    {
        private readonly AppFunction? _function = functions.FindActivity(name);

        public Type InputType => _function?.Trigger.ParameterType ?? typeof(object);

        public Type OutputType => typeof(object);

        public Task<object?> RunAsync(TaskActivityContext context, object? input) =>
            activities.InvokeAsync(_function ?? throw functions.NoActivity(name), context.InstanceId, input);
    }

    [LoggerMessage(LogLevel.Information, "Activity {Name} of orchestration {InstanceId} was interrupted by the shutdown; its message returns to the queue")]
    private partial void LogInterrupted(string name, string instanceId);

    [LoggerMessage(LogLevel.Warning, "Activity {Name} of orchestration {InstanceId} failed")]
    private partial void LogFailed(Exception failure, string name, string instanceId);
}
