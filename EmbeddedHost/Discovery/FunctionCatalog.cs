using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace GanFunctions.EmbeddedHost.Discovery;

/// <summary>The functions of the app, by what triggers them and by name. Names do not distinguish case, as on the Functions host.</summary>
internal sealed class FunctionCatalog
{
    private readonly List<AppFunction> _http = [];
    private readonly List<AppFunction> _queues = [];
    private readonly Dictionary<string, AppFunction> _orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, AppFunction> _activities = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidOperationException">Functions share a name, or have no trigger this host knows; all are named.</exception>
    public FunctionCatalog(IEnumerable<Type> types)
    {
        List<string> faults = [];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var method in types.Where(type => !type.ContainsGenericParameters).SelectMany(type => type.GetMethods(All)))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is not { Name: var name }) continue;
            if (!names.Add(name)) faults.Add($"There is more than one function '{name}' ({method.DeclaringType}.{method.Name} is one).");
            else if (!method.GetParameters().Any(parameter => TryAdd(new(name, method, parameter))))
                faults.Add($"Function '{name}' has no trigger the embedded host knows: HTTP, queue, orchestration, activity.");
        }
        if (faults.Count > 0) throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
    }

    public IReadOnlyList<AppFunction> Http => _http;

    public IReadOnlyList<AppFunction> Queues => _queues;

    /// <summary>The orchestrator of that name, or null.</summary>
    public AppFunction? FindOrchestrator(string name) => _orchestrators.GetValueOrDefault(name);

    /// <summary>The activity of that name, or null.</summary>
    public AppFunction? FindActivity(string name) => _activities.GetValueOrDefault(name);

    /// <summary>The failure of an orchestration whose orchestrator the app does not have.</summary>
    public InvalidOperationException NoOrchestrator(string name) => NotFound(_orchestrators, name, "orchestrator");

    /// <summary>The failure of a call of an activity that the app does not have.</summary>
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
        new($"There is no {kind} '{name}'. There is: {string.Join(", ", known.Keys.Order().DefaultIfEmpty("none"))}.");
}
