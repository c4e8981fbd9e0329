namespace GanFunctions.EmbeddedHost;

/// <summary>A call of an activity that is to be made.</summary>
/// <param name="InstanceId">Who calls.</param>
/// <param name="Asked">What is called, and with what.</param>
/// <param name="IsDropped">Whether nobody wants the answer any more.</param>
/// <param name="Answer">Takes a TaskCompleted or TaskFailed line.</param>
internal sealed record ActivityCall(string InstanceId, HistoryEvent Asked, Func<bool> IsDropped, Action<HistoryEvent> Answer);

/// <summary>
/// Makes the calls, first come first served, for each name at most <paramref name="limit"/> at a time. Names do not wait for each other: a slice
/// of training takes minutes, claiming and closing a run take milliseconds, and a pause must not stand behind somebody else's training.
/// </summary>
internal sealed class ActivityDispatcher(int limit, Func<ActivityCall, CancellationToken, Task> call) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _cancelled = new();
    private bool _isClosed;

    public void Enqueue(ActivityCall added)
    {
        lock (_gate)
        {
            if (!_lanes.TryGetValue(added.Asked.Name!, out var lane))
            {
                _lanes.Add(added.Asked.Name!, lane = new Lane());
            }

            lane.Waiting.Enqueue(added);
            StartNext(lane);
        }
    }

    /// <summary>Starts nothing more, tells what runs to stop, and waits for it for some time.</summary>
    public async Task CloseAsync(TimeSpan patience)
    {
        Task[] running;
        lock (_gate)
        {
            _isClosed = true;
            running = [.. _running];
        }

        await _cancelled.CancelAsync();
        await Task.WhenAny(Task.WhenAll(running), Task.Delay(patience));
    }

    public void Dispose() => _cancelled.Dispose();

    private void StartNext(Lane lane)
    {
        while (!_isClosed && lane.Running < limit && lane.Waiting.TryDequeue(out var next))
        {
            if (!next.IsDropped())
            {
                lane.Running++;
                var task = new Task<Task>(() => RunAsync(lane, next));
                var whole = task.Unwrap();
                _running.Add(whole);
                whole.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                task.Start(TaskScheduler.Default);
            }
        }
    }

    private void Forget(Task ended)
    {
        lock (_gate)
        {
            _running.Remove(ended);
        }
    }

    private async Task RunAsync(Lane lane, ActivityCall next)
    {
        await call(next, _cancelled.Token);
        lock (_gate)
        {
            lane.Running--;
            StartNext(lane);
        }
    }

    private sealed class Lane
    {
        public Queue<ActivityCall> Waiting { get; } = new();

        public int Running { get; set; }
    }
}
