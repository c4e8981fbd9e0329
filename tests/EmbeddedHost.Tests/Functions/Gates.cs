using System.Collections.Concurrent;

namespace GanFunctions.EmbeddedHost.Tests;

/// <summary>What functions wait for until a test opens it: a gate for each instance or message.</summary>
public sealed class Gates
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();

    private Gates()
    {
    }

    /// <summary>The same for all hosts: what one of them left at a gate, the next takes up there.</summary>
    public static Gates OfAllHosts { get; } = new();

    public void Open(string id) => Of(id).TrySetResult();

    public Task WaitAsync(string id, CancellationToken cancellation) => Of(id).Task.WaitAsync(cancellation);

    private TaskCompletionSource Of(string id) => _gates.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
