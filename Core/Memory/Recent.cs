namespace GanFunctions.Core.Memory;

/// <summary>
/// A value that is kept for its next use, such as a data set between two slices. Five minutes after its last use, longer than a slice takes, it is
/// released, and its memory is returned to the operating system.
/// </summary>
/// <param name="time">Measures the five minutes.</param>
/// <param name="release">Releases a value that is dropped or replaced; null if the garbage collector suffices.</param>
public sealed class Recent<T>(TimeProvider time, Action<T>? release = null) : IDisposable
    where T : class
{
    /// <summary>How long a value is kept after its last use.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private T? _value;

    /// <summary>Uses the value.</summary>
    /// <param name="use">Receives the value, or null if there is none. The value is not released meanwhile.</param>
    /// <returns>What <paramref name="use"/> returned.</returns>
    public TResult Use<TResult>(Func<T?, TResult> use)
    {
        lock (_lock)
        {
            _timer?.Change(Lifetime, Timeout.InfiniteTimeSpan);
            return use(_value);
        }
    }

    /// <summary>Keeps a value instead of the present one, which is released.</summary>
    public void Keep(T value)
    {
        lock (_lock)
        {
            Release();
            _value = value;
            _timer ??= time.CreateTimer(_ => Expire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(Lifetime, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Takes the value away, for a caller who releases it or keeps it again; null if there is none.</summary>
    public T? Take()
    {
        lock (_lock)
        {
            var value = _value;
            _value = null;
            return value;
        }
    }

    /// <summary>Releases the value.</summary>
    public void Clear()
    {
        lock (_lock) Release();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            Release();
        }
    }

    private void Expire()
    {
        lock (_lock)
        {
            if (_value is null) return;
            Release();
        }
        FreedMemory.ReturnAll();
    }

    private void Release()
    {
        if (_value is not null) release?.Invoke(_value);
        _value = null;
    }
}
