using GanFunctions.Functions.Mlflow;

namespace GanFunctions.Functions.ShortWork;

/// <summary>A run to bring up to date in an experiment tracker.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="IsAtRest">Whether the run has ended or is paused. Otherwise its next slice requests the same again.</param>
/// <param name="Failures">Number of attempts that failed.</param>
public sealed record TrackedRun(string Run, bool IsAtRest, int Failures = 0);

/// <summary>
/// Keeps the experiment tracker up to date. It must not delay other short work: while the server fails, a run is only tracked when it has ended or is paused,
/// and that is retried with exponential back-off for about an hour.
/// </summary>
public sealed partial class Tracking(MlflowOptions options, MlflowLog mlflow, ShortJobs queue, TimeProvider time, ILogger<Tracking> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);    // between two updates of runs in training
    private static readonly TimeSpan FailurePause = TimeSpan.FromMinutes(1); // in which runs in training are not tracked

    private readonly Lock _lock = new();
    private DateTimeOffset _next; // update of a run in training

    /// <summary>Queues the update of a run, if there is a tracker.</summary>
    public async Task RequestAsync(string run, bool isAtRest)
    {
        if (options.Server is null || !(isAtRest || TryTakeTurn())) return;
        await queue.AddAsync(new ShortJob(Track: new(run, isAtRest)));
    }

    /// <summary>Updates a run in the tracker. A failure is logged, and for a run at rest, the next attempt is queued.</summary>
    public async Task UpdateAsync(TrackedRun tracked, CancellationToken cancellation)
    {
        if (options.Server is null) return;
        try
        {
            await mlflow.LogAsync(tracked.Run, cancellation);
        }
        catch (Exception problem) when (problem is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            lock (_lock) _next = time.GetUtcNow() + FailurePause;
            var reason = problem is OperationCanceledException ? "no response in time" : problem.Message;
            if (!tracked.IsAtRest || tracked.Failures == BackOff.MaxFailures)
            {
                LogFailed(tracked.Run, reason);
                return;
            }
            var delay = BackOff.After(tracked.Failures + 1);
            LogRetrying(tracked.Run, delay.TotalSeconds, reason);
            await queue.AddAsync(new ShortJob(Track: tracked with { Failures = tracked.Failures + 1 }), delay);
        }
    }

    private bool TryTakeTurn()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now < _next) return false;
            _next = now + Interval;
            return true;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Run {Run}: not up to date in MLflow. {Problem}")]
    private partial void LogFailed(string run, string problem);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: not up to date in MLflow; retrying in {Seconds} s. {Problem}")]
    private partial void LogRetrying(string run, double seconds, string problem);
}
