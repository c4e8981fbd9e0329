using DurableTask.Core;
using GanFunctions.EmbeddedHost.Discovery;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Orchestrations;

/// <summary>Gives the engine the app's orchestrators by name. One for each execution, since an orchestration's context belongs to it.</summary>
internal sealed class Orchestrators(FunctionCatalog functions, IServiceProvider services, ILoggerFactory loggers) : INameVersionObjectManager<TaskOrchestration>
{
    private readonly DurableTaskShimFactory _shims = new(null, loggers);

    public void Add(ObjectCreator<TaskOrchestration> creator) => throw new NotSupportedException("Orchestrators are found by their attributes.");

    public TaskOrchestration GetObject(string name, string? version) => _shims.CreateOrchestration(name, new Orchestrator(name, functions, services));

    private sealed class Orchestrator(string name, FunctionCatalog functions, IServiceProvider services) : ITaskOrchestrator
    {
        private readonly AppFunction? _function = functions.FindOrchestrator(name);

        public Type InputType => _function?.InputType ?? typeof(object);

        public Type OutputType => typeof(object);

        public Task<object?> RunAsync(TaskOrchestrationContext context, object? input)
        {
            var function = _function ?? throw functions.NoOrchestrator(name);
            return function.InvokeAsync(services, parameter =>
                parameter == function.Trigger ? context : parameter == function.Input ? input : throw function.Unbound(parameter, "an orchestrator takes its context and its input"));
        }
    }
}
