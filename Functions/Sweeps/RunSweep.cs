using GanFunctions.Core.Sweeps;

namespace GanFunctions.Functions.Sweeps;

/// <summary>Input of the orchestration.</summary>
/// <param name="Sweep">The sweep's id.</param>
public sealed record SweepInput(string Sweep);

/// <summary>Input of the activities that begin and end a sweep.</summary>
/// <param name="Sweep">The sweep's id.</param>
/// <param name="InstanceId">The orchestration, which the sweep must still belong to.</param>
public sealed record SweepRequest(string Sweep, string InstanceId);

/// <summary>What to do, and what was done before, by an earlier orchestration of the sweep. Small, because it goes into the history.</summary>
/// <param name="Trials">Number of trials.</param>
/// <param name="Parallel">Maximum number of trials at the same time.</param>
/// <param name="Rungs">Epochs of each rung; empty without halving.</param>
/// <param name="Factor">η of successive halving.</param>
/// <param name="LowerIsBetter">Whether a lower metric is better.</param>
/// <param name="IsStopping">Whether the sweep was cancelled, or has reached a limit.</param>
/// <param name="Past">Jobs that have begun.</param>
public sealed record SweepPlan(
    int Trials, int Parallel, IReadOnlyList<int> Rungs, int Factor, bool LowerIsBetter, bool IsStopping, IReadOnlyList<PastJob> Past);

/// <summary>A job that has begun.</summary>
/// <param name="Trial">Number of the trial.</param>
/// <param name="Rung">Index of the rung.</param>
/// <param name="HasEnded">Whether it has ended.</param>
/// <param name="Metric">Its result; null if it has not ended, or failed.</param>
public sealed record PastJob(int Trial, int Rung, bool HasEnded, double? Metric);

/// <summary>
/// Runs a sweep: starts as many trials at a time as it may, and whenever one ends, lets <see cref="SuccessiveHalving"/> decide what comes next. Like
/// <see cref="RunTrial"/>, it touches no storage, clocks or random numbers.
/// </summary>
public static class RunSweep
{
    /// <summary>How activities are retried: a worker that is shutting down or cannot reach its storage is no failure of a trial.</summary>
    internal static TaskOptions Retrying { get; } = TaskOptions.FromRetryPolicy(new RetryPolicy(
        maxNumberOfAttempts: 100, firstRetryInterval: TimeSpan.FromSeconds(5), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(5)));

    [Function(nameof(RunSweep))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, SweepInput input)
    {
        var request = new SweepRequest(input.Sweep, context.InstanceId);
        if (await context.CallActivityAsync<SweepPlan?>(nameof(BeginSweep), request, Retrying) is not { } plan) return; // belongs to another orchestration
        var halving = HalvingOf(plan);
        var (running, isStopping) = (new List<(RungJob Job, Task<TrialReport> End)>(), plan.IsStopping);
        while (true)
        {
            while (!isStopping && running.Count < plan.Parallel && halving.Next() is { } job) running.Add((job, TrainAsync(job)));
            if (running.Count == 0) break;
            var end = await Task.WhenAny(running.Select(trial => trial.End));
            var ended = running.Find(trial => trial.End == end);
            running.Remove(ended);
            var report = await ReportAsync(end);
            halving.Record(ended.Job, report.Metric);
            isStopping |= report.IsStopping;
        }
        await context.CallActivityAsync(nameof(EndSweep), request, Retrying);

        Task<TrialReport> TrainAsync(RungJob job)
        {
            var trial = new TrialJob(input.Sweep, context.InstanceId, job.Trial, job.Rung, plan.Rungs.Count > 0 ? plan.Rungs[job.Rung] : null);
            return context.CallSubOrchestratorAsync<TrialReport>(nameof(RunTrial), trial, new TaskOptions().WithInstanceId(trial.InstanceId));
        }
    }

    /// <summary>The search, after what was done before.</summary>
    internal static SuccessiveHalving HalvingOf(SweepPlan plan)
    {
        var halving = new SuccessiveHalving(plan.Trials, Math.Max(plan.Rungs.Count, 1), plan.Factor, plan.LowerIsBetter);
        foreach (var (trial, rung, hasEnded, metric) in plan.Past)
        {
            if (hasEnded) halving.Record(new(trial, rung), metric);
            else halving.Resume(new(trial, rung));
        }
        return halving;
    }

    private static async Task<TrialReport> ReportAsync(Task<TrialReport> end)
    {
        try
        {
            return await end;
        }
        catch (TaskFailedException)
        {
            return new(IsOver: true, Metric: null, IsStopping: false); // its activities failed for hours; the end of the sweep records it
        }
    }
}

/// <summary>The activity: marks a sweep as running, and reads what to do.</summary>
public sealed class BeginSweep(SweepStore sweeps)
{
    [Function(nameof(BeginSweep))]
    public async Task<SweepPlan?> RunAsync([ActivityTrigger] SweepRequest request, CancellationToken stopping)
    {
        var begun = await sweeps.UpdateAsync(request.Sweep, row =>
        {
            if (row.InstanceId != request.InstanceId || row.State != SweepState.Queued) return false;
            row.State = SweepState.Running;
            return true;
        }, stopping);
        if (begun is not { Row: { HasEnded: false } sweep } || sweep.InstanceId != request.InstanceId) return null;
        return PlanOf(sweep, await sweeps.TrialsAsync(request.Sweep, stopping));
    }

    /// <summary>What is left to do in a sweep.</summary>
    internal static SweepPlan PlanOf(SweepRow sweep, IReadOnlyList<TrialRow> trials)
    {
        var definition = sweep.Definition;
        return new(
            definition.Trials, definition.Parallel, definition.Rungs, definition.Halving?.Factor ?? Halving.DefaultFactor,
            definition.Measure.LowerIsBetter, sweep.IsStopping, [.. trials.SelectMany(PastOf)]);
    }

    private static IEnumerable<PastJob> PastOf(TrialRow trial)
    {
        foreach (var (rung, _, metric) in trial.Results) yield return new(trial.Trial, rung, HasEnded: true, metric);
        if (trial.Outcome != TrialOutcome.Measured) yield return new(trial.Trial, trial.Rung, trial.Outcome != TrialOutcome.Running, Metric: null);
    }
}

/// <summary>The activity: records the end of a sweep.</summary>
public sealed partial class EndSweep(SweepStore sweeps, ILogger<EndSweep> logger)
{
    [Function(nameof(EndSweep))]
    public async Task RunAsync([ActivityTrigger] SweepRequest request, CancellationToken stopping)
    {
        if (await sweeps.FindAsync(request.Sweep, stopping) is not { HasEnded: false } sweep || sweep.InstanceId != request.InstanceId) return;
        var why = sweep.StoppedEarly ?? "The sweep was cancelled.";
        foreach (var trial in await sweeps.TrialsAsync(request.Sweep, stopping))
        {
            await sweeps.UpdateTrialAsync(request.Sweep, trial.Trial, row => sweep.IsStopping
                ? row.End(TrialOutcome.Cancelled, null, why)
                : row.End(TrialOutcome.Failed, null, "The trial could not be started or watched; the log has the reason."), stopping);
        }
        var trials = await sweeps.TrialsAsync(request.Sweep, stopping);
        var isCut = trials.Exists(trial => trial.Outcome == TrialOutcome.Cancelled) || RunSweep.HalvingOf(BeginSweep.PlanOf(sweep, trials)).Next() is not null;
        var ended = await sweeps.UpdateAsync(request.Sweep, row =>
        {
            if (row.InstanceId != request.InstanceId || row.HasEnded) return false;
            if (!isCut) row.StoppedEarly = null; // the limit was reached when everything was done
            row.State = row.State == SweepState.Cancelling ? SweepState.Cancelled
                : row.StoppedEarly is not null || trials.Exists(trial => trial.Results.Count > 0) ? SweepState.Completed
                : SweepState.Failed;
            if (row.State == SweepState.Failed) row.Error = $"No trial has a result. {trials.Find(trial => trial.Error is not null)?.Error}".TrimEnd();
            return true;
        }, stopping);
        if (ended is { Changed: true, Row: var now }) LogEnded(request.Sweep, now.State);
    }

    [LoggerMessage(LogLevel.Information, "Sweep {Sweep}: {State}")]
    private partial void LogEnded(string sweep, SweepState state);
}
