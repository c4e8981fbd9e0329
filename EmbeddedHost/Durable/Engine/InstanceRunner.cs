using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>
/// Runs one instance: waits for news (messages, answers of activities, timers), has its code see them in a turn, writes the turn, and
/// only then does what the code asked for.
/// </summary>
internal sealed class InstanceRunner(string instanceId, EngineParts parts, Ownership ownership, ActivityDispatcher dispatcher)
{
    private static readonly TimeSpan PauseAfterConflict = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);
    private volatile TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<HistoryEvent> _answers = new();
    private readonly HashSet<int> _called = [];
    private volatile bool _hasMessages;
    private volatile bool _hasForeignStep;
    private volatile bool _finishes;
    private volatile bool _isOver;
    private readonly List<HistoryEvent> _unwritten = [];
    private int _execution;

    public string InstanceId => instanceId;

    public bool HasNews => _hasMessages;

    public void Wake()
    {
        _hasMessages = true;
        Signal();
    }

    /// <summary>Write what there is, and then end.</summary>
    public void Finish()
    {
        _finishes = true;
        Signal();
    }

    /// <summary>Ends when the instance is finished or no longer ours.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                _hasMessages = false;
                var stored = await StorageFaults.WaitOutAsync(() => parts.History.LoadAsync(instanceId, cancellation), parts.Logger, cancellation);
                if (stored is null or { Row.IsFinished: true } || !await IsOursAsync(stored.Row, cancellation))
                {
                    return;
                }

                await SweepAsync(stored, cancellation);
                ForgetOtherExecutions(stored.Row.Execution);
                _hasMessages = true;
                await TakeTurnsAsync(new InstanceState(stored), cancellation);
                return;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (InstanceChangedException e)
            {
                parts.Logger.InstanceChanged(instanceId, e.InnerException!.Message);
                // Either a request that seemed to have failed went through, or there is a new owner: reading it again tells.
                await PauseAsync(PauseAfterConflict, cancellation);
            }
            catch (Exception e) when (StorageFaults.IsPassing(e))
            {
                parts.Logger.StorageIsAway(e.Message, TimeSpan.Zero);
            }
            catch (Exception e)
            {
                parts.Logger.RunnerFailed(e, instanceId, PauseAfterFault);
                await PauseAsync(PauseAfterFault, cancellation);
            }
        }
    }

    private async Task TakeTurnsAsync(InstanceState state, CancellationToken cancellation)
    {
        while (true)
        {
            // A signal from here on ends the sleep below.
            _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var turn = await NextTurnAsync(state, cancellation);
            if (turn is not null)
            {
                await ownership.WaitUntilSureAsync(cancellation);
                var written = await parts.Turns.WriteAsync(state.Row, turn, cancellation);
                _unwritten.Clear();
                _isOver = written.IsFinished;
                await state.ApplyAsync(written, turn, parts, cancellation);
                if (written.IsFinished)
                {
                    parts.Logger.InstanceFinished(written.Name, instanceId, written.Status);
                    return;
                }

                ForgetOtherExecutions(written.Execution);
            }

            CallActivities(state);
            if (_finishes && _answers.IsEmpty)
            {
                return;
            }

            if (!state.HasStarted && turn is not null)
            {
                // It has just continued as new.
                continue;
            }

            await SleepAsync(state, cancellation);
        }
    }

    /// <summary>What the next turn writes, or null when there is nothing to do yet.</summary>
    private async Task<TurnResult?> NextTurnAsync(InstanceState state, CancellationToken cancellation)
    {
        // To the millisecond: the orchestrator's clock must come back from storage as it went in.
        var clock = parts.Time.GetUtcNow();
        var now = clock.AddTicks(-(clock.Ticks % TimeSpan.TicksPerMillisecond));
        List<InboxMessage> messages = [];
        if (_hasMessages || !state.HasStarted)
        {
            _hasMessages = false;
            var all = await StorageFaults.WaitOutAsync(() => parts.Inbox.ReadAsync(state.Row, cancellation), parts.Logger, cancellation);
            messages = [.. all.Take(News.MostMessages)];
            if (all.Count > messages.Count)
            {
                Wake();
            }
        }

        while (_answers.TryDequeue(out var answer))
        {
            _unwritten.Add(answer);
        }

        var news = News.Of(state, messages, _unwritten, now);
        var outcome = Outcome.Of(state, news, _hasForeignStep, () =>
            parts.Orchestrators.Replay(state.Row, state.History, [.. news.Lines.Select(line => line.Line)], ReportForeignStep));
        return outcome is null ? null : await outcome.ToTurnAsync(state, news, ownership.Epoch, parts.Payloads, cancellation);
    }

    private void CallActivities(InstanceState state)
    {
        foreach (var asked in state.OpenActivities.Where(asked => _called.Add(asked.TaskId)))
        {
            dispatcher.Enqueue(new(instanceId, asked, () => _isOver, Answer));
        }
    }

    private async Task SleepAsync(InstanceState state, CancellationToken cancellation)
    {
        var until = state.NextDue is { } due ? due - parts.Time.GetUtcNow() : LongestSleep;
        try
        {
            await _signal.Task.WaitAsync(until < LongestSleep ? Max(until, TimeSpan.Zero) : LongestSleep, parts.Time, cancellation);
        }
        catch (TimeoutException)
        {
            // A timer is due.
        }

        static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellation) =>
        await Task.Delay(pause, parts.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task<bool> IsOursAsync(InstanceRow row, CancellationToken cancellation)
    {
        if (row.Epoch > ownership.Epoch)
        {
            parts.Logger.InstanceIsFenced(instanceId, row.Epoch, ownership.Epoch);
            ownership.ReportLost("an instance belongs to a newer owner");
            return false;
        }

        await ownership.WaitUntilSureAsync(cancellation);
        return true;
    }

    /// <summary>Calls are numbered from 0 again in each execution.</summary>
    private void ForgetOtherExecutions(int execution)
    {
        if (_execution != execution)
        {
            _execution = execution;
            _called.Clear();
            _unwritten.Clear();
        }
    }

    private Task SweepAsync(StoredInstance stored, CancellationToken cancellation) => stored.Leftovers.Count == 0
        ? Task.CompletedTask
        : StorageFaults.WaitOutAsync(
            () => parts.History.SweepAsync(instanceId, stored.Leftovers, cancellation), parts.Logger, cancellation);

    private void Answer(HistoryEvent answer)
    {
        _answers.Enqueue(answer);
        Signal();
    }

    private void ReportForeignStep()
    {
        _hasForeignStep = true;
        Signal();
    }

    private void Signal() => _signal.TrySetResult();
}
