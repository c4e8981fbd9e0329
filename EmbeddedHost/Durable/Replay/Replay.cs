using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>How an execution ended.</summary>
internal abstract record ExecutionEnd
{
    public sealed record Completed(string? Output) : ExecutionEnd;

    public sealed record Failed(TaskFailureDetails Failure) : ExecutionEnd;

    public sealed record Terminated(string? Output) : ExecutionEnd;

    public sealed record ContinuedAsNew(string? Input, IReadOnlyList<HistoryEvent> Events) : ExecutionEnd;
}

/// <summary>
/// Runs an orchestrator's code from the start: over its history, which answers what it asks, then over the news. What it asks for
/// beyond that is for the engine to record and do. The same history and news always give the same result.
/// </summary>
internal sealed class Replay
{
    private readonly Func<TaskOrchestrationContext, Task<object?>> _orchestrator;
    private readonly TurnScheduler _scheduler;
    private string? _output;
    private Exception? _failure;
    private bool _returned;

    private Replay(
        Func<TaskOrchestrationContext, Task<object?>> orchestrator, InstanceRow instance, string? input, ILoggerFactory loggers, Action onForeignStep)
    {
        _orchestrator = orchestrator;
        _scheduler = new TurnScheduler(onForeignStep);
        Context = new ReplayContext(instance, input, _scheduler, loggers);
    }

    public ReplayContext Context { get; }

    /// <summary>Null while it goes on.</summary>
    public ExecutionEnd? End { get; private set; }

    /// <param name="orchestrator">The code.</param>
    /// <param name="instance">Whose turn it is.</param>
    /// <param name="history">What is stored.</param>
    /// <param name="news">What the code has not seen yet.</param>
    /// <param name="loggers">For the code.</param>
    /// <param name="onForeignStep">Called, on any thread, when the code goes on outside of a turn.</param>
    public static Replay Run(
        Func<TaskOrchestrationContext, Task<object?>> orchestrator,
        InstanceRow instance,
        IReadOnlyList<HistoryEvent> history,
        IEnumerable<HistoryEvent> news,
        ILoggerFactory loggers,
        Action onForeignStep)
    {
        var replay = new Replay(orchestrator, instance, history[0].Payload, loggers, onForeignStep);
        replay._scheduler.Begin();
        try
        {
            replay.Play(history, replaying: true);
            replay.Play(news, replaying: false);
            replay.Conclude();
        }
        catch (NonDeterminismException e)
        {
            replay.End = new ExecutionEnd.Failed(TaskFailureDetails.FromException(e));
        }
        finally
        {
            replay._scheduler.End();
        }

        return replay;
    }

    private void Play(IEnumerable<HistoryEvent> lines, bool replaying)
    {
        foreach (var line in lines)
        {
            Context.Replaying = replaying;
            Play(line);
            _scheduler.RunSteps();
        }
    }

    private void Play(HistoryEvent line)
    {
        switch (line.Kind)
        {
            case HistoryKind.OrchestratorStarted:
                Context.Now = line.Timestamp;
                _scheduler.Run(() => _ = ExecuteAsync());
                break;

            case HistoryKind.TaskScheduled or HistoryKind.TimerCreated:
                var asked = Context.Asked.GetValueOrDefault(line.TaskId);
                if (asked?.Kind != line.Kind || asked.Name != line.Name)
                {
                    throw NonDeterminismException.OtherStep(line, asked);
                }

                Context.Asked.Remove(line.TaskId);
                break;

            case HistoryKind.TaskCompleted or HistoryKind.TaskFailed or HistoryKind.TimerFired:
                Context.Now = line.Timestamp;
                // Not open: a timer that was cancelled, or an answer that came twice.
                if (Context.Open.Remove(line.TaskId, out var task))
                {
                    task.End(line);
                }

                break;

            case HistoryKind.EventRaised:
                Context.Now = line.Timestamp;
                Context.Events.Raise(line);
                break;
        }
    }

    private async Task ExecuteAsync()
    {
        try
        {
            _output = DurableJson.Write(await _orchestrator(Context));
        }
        catch (Exception e)
        {
            _failure = e;
        }

        _returned = true;
    }

    /// <summary>As in the Durable Task Framework, an execution is not over while activities or timers of it are open.</summary>
    private void Conclude()
    {
        var isStuck = !_returned && Context.Open.Count == 0 && !Context.Events.IsAwaited && Context.Now != default;
        if (_scheduler.HasForeignStep || isStuck)
        {
            throw NonDeterminismException.ForeignAwait();
        }

        if (_returned && Context.Open.Count == 0)
        {
            End = (_failure, Context.Continuation) switch
            {
                ({ } failure, _) => new ExecutionEnd.Failed(TaskFailureDetails.FromException(failure)),
                (_, var (input, preserve)) => new ExecutionEnd.ContinuedAsNew(input, preserve ? Context.Events.Unprocessed : []),
                _ => new ExecutionEnd.Completed(_output),
            };
        }
    }
}
