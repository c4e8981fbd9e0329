using System.Collections.Concurrent;

namespace GanFunctions.EmbeddedHost.Tests;

/// <summary>Gates at which functions wait until a test opens them, one for each instance or message.</summary>
public sealed class Gates
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();

    private Gates()
    {
    }

    /// <summary>Shared by all hosts: work that one host leaves at a gate continues there on the next host.</summary>
    public static Gates OfAllHosts { get; } = new();

    public void Open(string id) => Of(id).TrySetResult();

    public Task WaitAsync(string id, CancellationToken cancellation) => Of(id).Task.WaitAsync(cancellation);

    private TaskCompletionSource Of(string id) => _gates.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
