namespace GanFunctions.EmbeddedHost;

/// <summary>
/// Runs an orchestrator's code on one thread, a step at a time, only while its turn lasts. Code that awaits anything but the
/// context's own tasks comes back from another thread or after the turn; that cannot be replayed, and is told instead of run.
/// </summary>
internal sealed class TurnScheduler(Action onForeignStep) : TaskScheduler
{
    private readonly Queue<Task> _steps = new();
    private int _thread;

    public bool IsOnTurn => _thread == Environment.CurrentManagedThreadId;

    public bool HasForeignStep { get; private set; }

    public void Begin() => _thread = Environment.CurrentManagedThreadId;

    public void End() => _thread = 0;

    /// <summary>Starts a piece of code and runs it, and all that follows from it, as far as it goes.</summary>
    public void Run(Action code)
    {
        new Task(code).Start(this);
        RunSteps();
    }

    public void RunSteps()
    {
        while (_steps.TryDequeue(out var step))
        {
            TryExecuteTask(step);
        }
    }

    public void ReportForeignStep()
    {
        HasForeignStep = true;
        onForeignStep();
    }

    protected override void QueueTask(Task task)
    {
        if (IsOnTurn)
        {
            _steps.Enqueue(task);
        }
        else
        {
            ReportForeignStep();
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        IsOnTurn && !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => _steps;
}
