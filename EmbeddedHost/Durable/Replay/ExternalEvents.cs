namespace GanFunctions.EmbeddedHost;

/// <summary>Brings raised events and those who wait for them together. The latest who waits is served first, as in the SDK.</summary>
internal sealed class ExternalEvents
{
    private readonly List<Waiter> _waiters = [];
    private readonly List<HistoryEvent> _unprocessed = [];

    public IReadOnlyList<HistoryEvent> Unprocessed => _unprocessed;

    public bool IsAwaited => _waiters.Exists(waiter => !waiter.IsOver);

    public Task<T> WaitAsync<T>(string name, CancellationToken cancellation)
    {
        _waiters.RemoveAll(waiter => waiter.IsOver);
        if (_waiters.Find(waiter => waiter.Awaits(name) && waiter.Type != typeof(T)) is { } other)
        {
            throw new ArgumentException($"Event '{name}' is already awaited as {other.Type}; it cannot be awaited as {typeof(T)} too.", nameof(name));
        }

        var added = new Waiter<T>(name);
        _waiters.Add(added);
        if (_unprocessed.FindIndex(line => added.Awaits(line.Name!)) is var buffered and >= 0)
        {
            added.Take(_unprocessed[buffered].Payload);
            _unprocessed.RemoveAt(buffered);
        }

        cancellation.Register(() => added.Cancel(cancellation));
        return added.Task;
    }

    public void Raise(HistoryEvent raised)
    {
        _waiters.RemoveAll(waiter => waiter.IsOver);
        if (_waiters.FindLast(waiter => waiter.Awaits(raised.Name!)) is { } waiter)
        {
            waiter.Take(raised.Payload);
        }
        else
        {
            _unprocessed.Add(raised);
        }
    }

    private abstract class Waiter(string name)
    {
        public abstract Type Type { get; }

        public abstract bool IsOver { get; }

        public bool Awaits(string raised) => string.Equals(name, raised, StringComparison.OrdinalIgnoreCase);

        public abstract void Take(string? payload);
    }

    private sealed class Waiter<T>(string name) : Waiter(name)
    {
        private readonly TaskCompletionSource<T> _over = new();

        public override Type Type => typeof(T);

        public override bool IsOver => _over.Task.IsCompleted;

        public Task<T> Task => _over.Task;

        public void Cancel(CancellationToken cancellation) => _over.TrySetCanceled(cancellation);

        public override void Take(string? payload)
        {
            try
            {
                _over.TrySetResult(DurableJson.Read<T>(payload)!);
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or NotSupportedException)
            {
                _over.TrySetException(e);
            }
        }
    }
}
