using System.Reflection;

namespace GanFunctions.EmbeddedHost;

/// <summary>The functions of the app, by what triggers them and by name. Names do not distinguish case, as on the Functions host.</summary>
internal sealed class FunctionCatalog
{
    private readonly List<AppFunction> _http = [];
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
            if (method.GetCustomAttribute<FunctionAttribute>() is not { } function)
            {
                continue;
            }

            if (!names.Add(function.Name))
            {
                faults.Add($"There is more than one function '{function.Name}' ({method.DeclaringType}.{method.Name} is one).");
            }
            else if (!TryAdd(function.Name, method))
            {
                faults.Add($"Function '{function.Name}' has no trigger the embedded host knows: HTTP, orchestration, activity.");
            }
        }

        if (faults.Count > 0)
        {
            throw new InvalidOperationException(string.Join(Environment.NewLine, faults));
        }
    }

    public IReadOnlyList<AppFunction> Http => _http;

    /// <exception cref="InvalidOperationException">There is none of that name.</exception>
    public AppFunction Orchestrator(string name) => Find(_orchestrators, name, "orchestrator");

    /// <inheritdoc cref="Orchestrator"/>
    public AppFunction Activity(string name) => Find(_activities, name, "activity");

    private bool TryAdd(string name, MethodInfo method)
    {
        foreach (var parameter in method.GetParameters())
        {
            if (parameter.GetCustomAttribute<HttpTriggerAttribute>() is not null)
            {
                _http.Add(new(name, method, parameter));
                return true;
            }

            if (parameter.GetCustomAttribute<OrchestrationTriggerAttribute>() is { } orchestration)
            {
                return _orchestrators.TryAdd(orchestration.Orchestration ?? name, new(name, method, parameter));
            }

            if (parameter.GetCustomAttribute<ActivityTriggerAttribute>() is { } activity)
            {
                return _activities.TryAdd(activity.Activity ?? name, new(name, method, parameter));
            }
        }

        return false;
    }

    private static AppFunction Find(Dictionary<string, AppFunction> known, string name, string kind) =>
        known.TryGetValue(name, out var function)
            ? function
            : throw new InvalidOperationException(
                $"There is no {kind} '{name}'. There is: {string.Join(", ", known.Keys.Order().DefaultIfEmpty("none"))}.");
}
