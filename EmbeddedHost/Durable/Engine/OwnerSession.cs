using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>What runners of instances need.</summary>
internal sealed record EngineParts(
    InstanceTable Instances,
    HistoryTable History,
    Inbox Inbox,
    WakeMarks Marks,
    Payloads Payloads,
    TurnWriter Turns,
    OrchestratorCaller Orchestrators,
    ActivityCaller Activities,
    DurableSettings Settings,
    TimeProvider Time,
    ILogger<DurableEngine> Logger);

/// <summary>The time a process owns the hub: every unfinished instance has a runner, and news from other processes are looked for.</summary>
internal sealed class OwnerSession(EngineParts parts, Ownership ownership) : IDisposable
{
    private static readonly TimeSpan LookForNews = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastWrites = TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (InstanceRunner Runner, Task Running)> _runners = [];
    private readonly CancellationTokenSource _ends = CancellationTokenSource.CreateLinkedTokenSource(ownership.Lost);
    private readonly ActivityDispatcher _dispatcher = new(parts.Settings.MaxConcurrentActivities, parts.Activities.CallAsync);
    private volatile bool _hasTakenOver;
    private bool _isClosing;

    /// <summary>Serves until the ownership is lost or the host stops; stopping lets running activities finish what they can.</summary>
    public async Task RunAsync(TimeSpan patience, CancellationToken stopping)
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, ownership.Lost);
            await ServeAsync(either.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested || ownership.Lost.IsCancellationRequested)
        {
        }
        finally
        {
            await CloseAsync(ownership.Lost.IsCancellationRequested ? TimeSpan.Zero : patience);
        }
    }

    /// <summary>There is news for an instance. Until all instances are taken over that is left to its mark: a runner would write under the take-over.</summary>
    public void Wake(string instanceId)
    {
        if (_hasTakenOver)
        {
            Run(instanceId);
        }
    }

    public void Dispose()
    {
        _ends.Dispose();
        _dispatcher.Dispose();
    }

    private void Run(string instanceId)
    {
        lock (_gate)
        {
            if (_isClosing)
            {
                return;
            }

            if (!_runners.TryGetValue(instanceId, out var entry))
            {
                var runner = new InstanceRunner(instanceId, parts, ownership, _dispatcher);
                entry = (runner, Task.Run(() => RunAsync(runner)));
                _runners.Add(instanceId, entry);
            }

            entry.Runner.Wake();
        }
    }

    private async Task ServeAsync(CancellationToken cancellation)
    {
        var unfinished = await StorageFaults.WaitOutAsync(() => TakeOverAsync(cancellation), parts.Logger, cancellation);
        _hasTakenOver = true;
        unfinished.ForEach(Run);
        while (true)
        {
            var marks = await StorageFaults.WaitOutAsync(() => parts.Marks.ReadAsync(cancellation), parts.Logger, cancellation);
            foreach (var mark in marks)
            {
                Wake(mark.RowKey);
                await StorageFaults.WaitOutAsync(() => parts.Marks.RemoveAsync(mark, cancellation), parts.Logger, cancellation);
            }

            await Task.Delay(LookForNews, parts.Time, cancellation);
        }
    }

    /// <returns>The ids of all unfinished instances.</returns>
    private async Task<List<string>> TakeOverAsync(CancellationToken cancellation)
    {
        List<string> unfinished = [];
        await foreach (var row in parts.Instances.Unfinished(cancellation))
        {
            await parts.Instances.TakeOverAsync(row, ownership.Epoch, cancellation);
            unfinished.Add(row.InstanceId);
        }

        if (unfinished.Count > 0)
        {
            parts.Logger.InstancesContinue(unfinished.Count);
        }

        return unfinished;
    }

    private async Task RunAsync(InstanceRunner runner)
    {
        await runner.RunAsync(_ends.Token);
        lock (_gate)
        {
            if (!_isClosing)
            {
                _runners.Remove(runner.InstanceId);
                if (runner.HasNews)
                {
                    // It came while the runner ended: perhaps a new instance of the same id.
                    Wake(runner.InstanceId);
                }
            }
        }
    }

    private async Task CloseAsync(TimeSpan patience)
    {
        (InstanceRunner Runner, Task Running)[] runners;
        lock (_gate)
        {
            _isClosing = true;
            runners = [.. _runners.Values];
        }

        await _dispatcher.CloseAsync(patience);
        foreach (var (runner, _) in runners)
        {
            runner.Finish();
        }

        var all = Task.WhenAll(runners.Select(entry => entry.Running));
        await Task.WhenAny(all, Task.Delay(patience < LastWrites ? patience : LastWrites));
        await _ends.CancelAsync();
        await all;
    }
}
