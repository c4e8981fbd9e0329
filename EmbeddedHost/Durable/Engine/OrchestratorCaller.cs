using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>Replays an orchestrator function of the app.</summary>
internal sealed class OrchestratorCaller(FunctionCatalog catalog, IServiceScopeFactory scopes, ILoggerFactory loggers)
{
    public Replay Replay(InstanceRow instance, IReadOnlyList<HistoryEvent> history, IEnumerable<HistoryEvent> news, Action onForeignStep)
    {
        using var scope = scopes.CreateScope();
        return EmbeddedHost.Replay.Run(
            context => RunAsync(context, history[0].Payload, scope.ServiceProvider), instance, history, news, loggers, onForeignStep);
    }

    private Task<object?> RunAsync(TaskOrchestrationContext context, string? input, IServiceProvider services)
    {
        var function = catalog.Orchestrator(context.Name);
        var arguments = function.Method.GetParameters().Select(object? (parameter) => parameter switch
        {
            _ when parameter == function.Trigger => context,
            { ParameterType: var type } when type == typeof(FunctionContext) => new Invocation(function.Name, services, CancellationToken.None),
            { ParameterType: var type } when type == typeof(CancellationToken) => CancellationToken.None,
            _ => DurableJson.Read(input, parameter.ParameterType),
        }).ToArray();
        return function.InvokeAsync(services, arguments);
    }
}
