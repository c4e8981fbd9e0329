using System.Collections.Concurrent;

namespace GanFunctions.EmbeddedHost.Tests;

/// <summary>Records what functions have done, by instance, for tests to check.</summary>
internal static class Seen
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> Lines = new();

    public static void Add(string instanceId, string line) => Of(instanceId).Enqueue(line);

    public static ConcurrentQueue<string> Of(string instanceId) => Lines.GetOrAdd(instanceId, _ => new());
}
