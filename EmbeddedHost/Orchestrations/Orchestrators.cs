using DurableTask.Core;
using GanFunctions.EmbeddedHost.Discovery;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Orchestrations;

/// <summary>Creates the app's orchestrators for the engine, one for each execution. Orchestrations that they call get the version of the app.</summary>
internal sealed class Orchestrators(FunctionCatalog functions, TaskHubSettings settings, IServiceProvider services, ILoggerFactory loggers)
    : INameVersionObjectManager<TaskOrchestration>
{
    private readonly DurableTaskShimFactory _shims = new(
        new DurableTaskWorkerOptions { Versioning = new() { DefaultVersion = settings.Versioning.Version } }, loggers);

    public void Add(ObjectCreator<TaskOrchestration> creator) => throw new NotSupportedException("Orchestrators are discovered by their attributes.");

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
                parameter == function.Trigger ? context
                : parameter == function.Input ? input
                : throw function.Unbound(parameter, "an orchestrator can have its context and its input"));
        }
    }
}
