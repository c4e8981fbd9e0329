using GanFunctions.Functions.Training;

namespace GanFunctions.Functions.Sweeps;

/// <summary>A job of a trial: train its run to the epochs of a rung.</summary>
/// <param name="Sweep">The sweep's id.</param>
/// <param name="SweepInstanceId">The orchestration that the sweep must still belong to.</param>
/// <param name="Trial">Number of the trial, from 1.</param>
/// <param name="Rung">Index of the rung, from 0.</param>
/// <param name="Epochs">Epochs of the rung; null without halving.</param>
public sealed record TrialJob(string Sweep, string SweepInstanceId, int Trial, int Rung, int? Epochs)
{
    /// <summary>Id of the job's orchestration, which the end of the run notifies.</summary>
    public string InstanceId => FormattableString.Invariant($"{SweepInstanceId}:{Trial}:{Rung}");
}

/// <summary>What became of a job. Small, because it goes into the history.</summary>
/// <param name="IsOver">Whether the run has ended. If not, it is being trained, or paused.</param>
/// <param name="Metric">The metric; null if the run has not ended, or failed.</param>
/// <param name="IsStopping">Whether the sweep was cancelled or has reached a limit, and must start no more trials.</param>
public sealed record TrialReport(bool IsOver, double? Metric, bool IsStopping)
{
    /// <summary>Nothing was or will be done: the sweep was ended before, or belongs to another orchestration.</summary>
    public static TrialReport NotBegun { get; } = new(IsOver: true, Metric: null, IsStopping: true);
}

/// <summary>
/// Starts or extends the run of a trial, and waits until it has ended. The run's own orchestration, or the call that ends or deletes it, sends an event;
/// a timer is the backstop.
/// </summary>
public static class RunTrial
{
    private const int ChecksPerGeneration = 50; // bounds the history
    private const int MaxDoublings = 4;         // of the interval: at most an hour and twenty minutes
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(5);

    [Function(nameof(RunTrial))]
    public static async Task<TrialReport> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, TrialJob input)
    {
        var rest = context.WaitForExternalEvent<string>(TrainGan.RestEvent);
        var report = await context.CallActivityAsync<TrialReport>(nameof(StartTrial), input, RunSweep.Retrying);
        for (var check = 0; !report.IsOver; check++)
        {
            if (check == ChecksPerGeneration)
            {
                context.ContinueAsNew(input); // the start changes nothing if the run was started before
                break;
            }
            using var enough = new CancellationTokenSource();
            await Task.WhenAny(rest, context.CreateTimer(CheckInterval * Math.Pow(2, Math.Min(check, MaxDoublings)), enough.Token));
            enough.Cancel(); // not CancelAsync, which would leave the orchestrator thread
            if (rest.IsCompleted) rest = context.WaitForExternalEvent<string>(TrainGan.RestEvent);
            report = await context.CallActivityAsync<TrialReport>(nameof(CheckTrial), input, RunSweep.Retrying);
        }
        return report;
    }
}

/// <summary>The activity: starts or extends the run of a trial.</summary>
public sealed class StartTrial(TrialRuns trials)
{
    [Function(nameof(StartTrial))]
    public Task<TrialReport> RunAsync([ActivityTrigger] TrialJob job, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        trials.StartAsync(client, job, stopping);
}

/// <summary>The activity: records the result of a trial if its run has ended, and ends the sweep if it has reached a limit.</summary>
public sealed class CheckTrial(TrialRuns trials)
{
    [Function(nameof(CheckTrial))]
    public Task<TrialReport> RunAsync([ActivityTrigger] TrialJob job, [DurableClient] DurableTaskClient client, CancellationToken stopping) =>
        trials.CheckAsync(client, job, stopping);
}
