using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>Runs an activity's code and says how it went.</summary>
internal sealed class ActivityCaller(FunctionCatalog catalog, IServiceScopeFactory scopes, ILogger<ActivityCaller> logger)
{
    /// <summary>Answers the call, unless the host stops: then it is left open, and made again by the next owner.</summary>
    public async Task CallAsync(ActivityCall call, CancellationToken cancellation)
    {
        try
        {
            var output = await RunAsync(call, cancellation);
            call.Answer(new(HistoryKind.TaskCompleted, default, call.Asked.TaskId, call.Asked.Name, output));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            logger.ActivityLeftOpen(call.Asked.Name!, call.Asked.TaskId, call.InstanceId);
        }
        catch (Exception e)
        {
            logger.ActivityFailed(e, call.Asked.Name!, call.Asked.TaskId, call.InstanceId);
            var failure = DurableJson.Write(TaskFailureDetails.FromException(e));
            call.Answer(new(HistoryKind.TaskFailed, default, call.Asked.TaskId, call.Asked.Name, failure));
        }
    }

    private async Task<string?> RunAsync(ActivityCall call, CancellationToken cancellation)
    {
        var function = catalog.Activity(call.Asked.Name!);
        await using var scope = scopes.CreateAsyncScope();
        var invocation = new Invocation(function.Name, scope.ServiceProvider, cancellation);
        var arguments = function.Method.GetParameters().Select(object? (parameter) => parameter switch
        {
            _ when parameter == function.Trigger && parameter.ParameterType == typeof(TaskActivityContext) => new Context(call),
            _ when parameter == function.Trigger => DurableJson.Read(call.Asked.Payload, parameter.ParameterType),
            { ParameterType: var type } when type == typeof(FunctionContext) => invocation,
            { ParameterType: var type } when type == typeof(CancellationToken) => cancellation,
            { Name: var name } when string.Equals(name, "instanceId", StringComparison.OrdinalIgnoreCase) => call.InstanceId,
            _ => throw new InvalidOperationException($"Activity '{function.Name}': parameter '{parameter.Name}' cannot be bound."),
        }).ToArray();
        return DurableJson.Write(await function.InvokeAsync(scope.ServiceProvider, arguments));
    }

    private sealed class Context(ActivityCall call) : TaskActivityContext
    {
        public override TaskName Name => call.Asked.Name!;

        public override string InstanceId => call.InstanceId;
    }
}
