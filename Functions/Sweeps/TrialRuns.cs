using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Sweeps;
using GanFunctions.Core.Training;
using GanFunctions.Functions.Datasets;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Sweeps;

/// <summary>
/// Starts, extends, judges and cancels the runs of trials. Every call is idempotent: it may run twice, at the same time or after a crash in between.
/// </summary>
public sealed partial class TrialRuns(
    SweepStore sweeps, RunStore runs, RunStarter starter, DatasetCatalog datasets, InitialCheckpoints checkpoints, SweepLimits limits,
    ILogger<TrialRuns> logger)
{
    /// <summary>Starts a trial's run, or extends it to the epochs of the job.</summary>
    public async Task<TrialReport> StartAsync(DurableTaskClient client, TrialJob job, CancellationToken cancellation)
    {
        if (await FindSweepAsync(job, cancellation) is not { } sweep) return TrialReport.NotBegun;
        if ((await StopAtLimitAsync(client, sweep, cancellation)).IsStopping && !await HasBegunAsync(job, cancellation)) return TrialReport.NotBegun;
        var trial = await sweeps.UpdateTrialAsync(job.Sweep, job.Trial, row =>
        {
            if (row.Rung >= job.Rung) return false;
            (row.Rung, row.Outcome, row.Error) = (job.Rung, TrialOutcome.Running, null);
            return true;
        }, cancellation);
        if (trial is { Outcome: TrialOutcome.Running } && trial.Rung == job.Rung)
        {
            var problem = await EnsureRunAsync(client, sweep.Definition, job, cancellation);
            if (problem is not null)
                await sweeps.UpdateTrialAsync(job.Sweep, job.Trial, row => row.Rung == job.Rung && row.End(TrialOutcome.Failed, null, problem), cancellation);
            // The end of the sweep may have come before there was a run to cancel.
            if ((await sweeps.FindAsync(job.Sweep, cancellation))?.IsStopping == true)
                await CancelAsync(client, SweepDefinition.RunOf(job.Sweep, job.Trial), job.Sweep, cancellation);
        }
        return await CheckAsync(client, job, cancellation);
    }

    /// <summary>Records the result of a job if the run has ended, and ends the sweep if it has reached a limit.</summary>
    public async Task<TrialReport> CheckAsync(DurableTaskClient client, TrialJob job, CancellationToken cancellation)
    {
        if (await FindSweepAsync(job, cancellation) is not { } sweep) return TrialReport.NotBegun;
        var run = await runs.FindAsync(SweepDefinition.RunOf(job.Sweep, job.Trial), cancellation);
        var (outcome, result, error) = TrialJudgement.Of(run, job, sweep.Definition.Measure, sweep.StoppedEarly);
        var trial = await sweeps.UpdateTrialAsync(
            job.Sweep, job.Trial, row => row.Rung == job.Rung && outcome != TrialOutcome.Running && row.End(outcome, result, error), cancellation);
        var isOver = trial.Rung > job.Rung || trial.Outcome != TrialOutcome.Running;
        var isStopping = (await StopAtLimitAsync(client, sweep, cancellation)).IsStopping;
        return new(isOver, trial.Results.FirstOrDefault(each => each.Rung == job.Rung)?.Metric, isStopping);
    }

    /// <summary>Cancels a run of a sweep, if it has not ended.</summary>
    public async Task CancelAsync(DurableTaskClient client, string run, string sweep, CancellationToken cancellation)
    {
        var cancelled = await runs.UpdateAsync(run, row =>
        {
            if (row.Sweep != sweep || !RunTransitions.Cancel.From.Contains(row.State())) return false;
            RunTransitions.Cancel.Apply(row, 0);
            row.Revision++;
            return true;
        }, cancellation);
        if (cancelled is not { Changed: true, Row: var now }) return;
        if (!now.IsAtRest) await starter.WakeAsync(client, now, cancellation);
        await starter.NotifyAsync(client, now, cancellation);
    }

    /// <summary>Ends a sweep that has reached a limit: marks it, so that no trial begins, and cancels its unfinished runs.</summary>
    /// <returns>The sweep as it is now.</returns>
    private async Task<SweepRow> StopAtLimitAsync(DurableTaskClient client, SweepRow sweep, CancellationToken cancellation)
    {
        if (!sweep.IsStopping && await limits.ReasonToStopAsync(sweep, cancellation) is { } reason)
        {
            var marked = await sweeps.UpdateAsync(sweep.RowKey, row =>
            {
                if (row.InstanceId != sweep.InstanceId || row.HasEnded || row.IsStopping) return false;
                row.StoppedEarly = reason;
                return true;
            }, cancellation);
            if (marked is not { Row: var now }) return sweep;
            sweep = now;
            if (marked.Value.Changed) LogLimit(sweep.RowKey, reason);
        }
        if (sweep.StoppedEarly is null) return sweep;
        // Every time, because a crash may have prevented it.
        var unfinished = await runs.ListAsync($"{sweep.RowKey}-", cancellation).Where(run => run.Sweep == sweep.RowKey && !RunTransitions.HasEnded(run))
            .ToListAsync(cancellation);
        foreach (var run in unfinished) await CancelAsync(client, run.RowKey, sweep.RowKey, cancellation);
        return sweep;
    }

    private async Task<SweepRow?> FindSweepAsync(TrialJob job, CancellationToken cancellation) =>
        await sweeps.FindAsync(job.Sweep, cancellation) is { HasEnded: false } sweep && sweep.InstanceId == job.SweepInstanceId ? sweep : null;

    private async Task<bool> HasBegunAsync(TrialJob job, CancellationToken cancellation) =>
        (await sweeps.UpdateTrialAsync(job.Sweep, job.Trial, _ => false, cancellation)).Rung >= job.Rung;

    /// <summary>Makes sure that the trial's run exists, is to be trained to the epochs of the job, and notifies the job when it has ended.</summary>
    /// <returns>Why it cannot be started; otherwise null.</returns>
    private async Task<string?> EnsureRunAsync(DurableTaskClient client, SweepDefinition definition, TrialJob job, CancellationToken cancellation)
    {
        var (run, before) = (SweepDefinition.RunOf(job.Sweep, job.Trial), "");
        if (await runs.FindAsync(run, cancellation) is null) return job.Rung == 0 ? await StartAsync(client, definition, job, run, cancellation) : null;
        var updated = await runs.UpdateAsync(run, row =>
        {
            if (row.Sweep != job.Sweep || row.Phase == Phase.Deleting) return false;
            before = row.InstanceId;
            var isLonger = job.Epochs > row.TargetEpochs && row.State() is not (RunState.Cancelling or RunState.Cancelled or RunState.Failed);
            if (!isLonger && row.Waiter == job.InstanceId) return false;
            row.Waiter = job.InstanceId;
            if (isLonger) Extend(row, job.Epochs!.Value);
            return true;
        }, cancellation);
        if (updated is not { Row: var now }) return null; // deleted meanwhile
        if (now.Sweep != job.Sweep) return $"There is a run '{run}' already, which does not belong to the sweep.";
        if (updated.Value.Changed && now.InstanceId != before)
        {
            await starter.ScheduleAsync(client, now);
            await starter.PurgeAsync(client, before);
        }
        return null;
    }

    private void Extend(RunRow row, int epochs)
    {
        RunTransitions.Extend.Apply(row, epochs - RunTransitions.TargetAfter(row, 0));
        if (row is { IsAtRest: true, Desired: Desired.Run }) starter.Claim(row);
        row.Revision++;
    }

    private async Task<string?> StartAsync(
        DurableTaskClient client, SweepDefinition definition, TrialJob job, string run, CancellationToken cancellation)
    {
        var given = definition.OptionsOf(job.Trial);
        if (job.Epochs is { } epochs) given["epochs"] = epochs;
        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        try
        {
            var dataset = OptionsReader.DatasetOf(given);
            await datasets.CheckAsync(dataset, cancellation);
            var options = OptionsReader.Read(given, await datasets.GetAsync(dataset, cancellation), problems);
            if (options.InitFrom is { } from && await checkpoints.FindAsync(from, problems, cancellation) is { } initial && problems.Count == 0)
                await checkpoints.CopyAsync(initial, run, cancellation); // before the claim: from then on the run has all it needs
            if (problems.Count > 0) return string.Join(" ", problems.SelectMany(field => field.Value));
            if (await starter.StartAsync(client, run, options, cancellation, sweep: job.Sweep, waiter: job.InstanceId) is not null) return null;
        }
        catch (UnknownDatasetException unknown)
        {
            return DatasetProblems.Unknown(unknown);
        }
        // Another worker does the same job at the same time, or the id was taken meanwhile.
        return (await runs.FindAsync(run, cancellation))?.Sweep == job.Sweep ? null : $"There is a run '{run}' already, which does not belong to the sweep.";
    }

    [LoggerMessage(LogLevel.Information, "Sweep {Sweep}: starting no more trials and cancelling its runs. {Reason}")]
    private partial void LogLimit(string sweep, string reason);
}
