using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace GanFunctions.EmbeddedHost.Discovery;

/// <summary>The functions of the app, by trigger and name. Names are case-insensitive, as on the Functions host.</summary>
internal sealed class FunctionCatalog
{
    private readonly List<AppFunction> _http = [];
    private readonly List<AppFunction> _queues = [];
    private readonly Dictionary<string, AppFunction> _orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, AppFunction> _activities = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidOperationException">
    /// Functions share a name, or have no supported trigger. The message names all of them.
    /// </exception>
    public FunctionCatalog(IEnumerable<Type> types)
    {
        List<string> problems = [];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var method in types.Where(type => !type.ContainsGenericParameters).SelectMany(type => type.GetMethods(All)))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is not { Name: var name }) continue;
            if (!names.Add(name)) problems.Add($"There is more than one function '{name}' ({method.DeclaringType}.{method.Name} is one).");
            else if (!method.GetParameters().Any(parameter => TryAdd(new(name, method, parameter))))
                problems.Add($"Function '{name}' has no trigger that the embedded host supports: HTTP, queue, orchestration or activity.");
        }
        if (problems.Count > 0) throw new InvalidOperationException(string.Join(Environment.NewLine, problems));
    }

    public IReadOnlyList<AppFunction> Http => _http;

    public IReadOnlyList<AppFunction> Queues => _queues;

    /// <summary>The orchestrator with that name; null if there is none.</summary>
    public AppFunction? FindOrchestrator(string name) => _orchestrators.GetValueOrDefault(name);

    /// <summary>The activity with that name; null if there is none.</summary>
    public AppFunction? FindActivity(string name) => _activities.GetValueOrDefault(name);

    /// <summary>The error for an unknown orchestrator.</summary>
    public InvalidOperationException NoOrchestrator(string name) => NotFound(_orchestrators, name, "orchestrator");

    /// <summary>The error for an unknown activity.</summary>
    public InvalidOperationException NoActivity(string name) => NotFound(_activities, name, "activity");

    private bool TryAdd(AppFunction function)
    {
        switch (function.Trigger.GetCustomAttributes().FirstOrDefault(attribute =>
            attribute is HttpTriggerAttribute or QueueTriggerAttribute or OrchestrationTriggerAttribute or ActivityTriggerAttribute))
        {
            case HttpTriggerAttribute:
                _http.Add(function);
                return true;
            case QueueTriggerAttribute:
                _queues.Add(function);
                return true;
            case OrchestrationTriggerAttribute orchestration:
                return _orchestrators.TryAdd(orchestration.Orchestration ?? function.Name, function);
            case ActivityTriggerAttribute activity:
                return _activities.TryAdd(activity.Activity ?? function.Name, function);
            default:
                return false;
        }
    }

    private static InvalidOperationException NotFound(Dictionary<string, AppFunction> known, string name, string kind) =>
        new($"There is no {kind} '{name}'. The app has: {string.Join(", ", known.Keys.Order().DefaultIfEmpty("none"))}.");
}
