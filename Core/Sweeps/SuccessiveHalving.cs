namespace GanFunctions.Core.Sweeps;

/// <summary>A piece of work: a trial, to be trained to the epochs of a rung.</summary>
/// <param name="Trial">Number of the trial, from 1.</param>
/// <param name="Rung">Index of the rung, from 0.</param>
public readonly record struct RungJob(int Trial, int Rung);

/// <summary>
/// Asynchronous successive halving (ASHA; Li et al. 2018, arXiv:1810.05934, algorithm 2). Whenever a worker is free, it promotes the best trial in the
/// top 1/η of a rung, highest rung first, and otherwise starts a new trial. With one rung, it only starts trials. Deterministic: what comes next is a
/// function of the calls so far.
/// </summary>
/// <param name="trials">Number of trials.</param>
/// <param name="rungs">Number of rungs, at least 1.</param>
/// <param name="factor">η: one trial in so many is promoted.</param>
/// <param name="lowerIsBetter">Whether a lower metric is better.</param>
public sealed class SuccessiveHalving(int trials, int rungs, int factor, bool lowerIsBetter)
{
    private readonly Dictionary<int, double?>[] _results = [.. Enumerable.Range(0, rungs).Select(_ => new Dictionary<int, double?>())];
    private readonly HashSet<RungJob> _begun = [];
    private readonly Queue<RungJob> _interrupted = new();
    private int _lastStarted;

    /// <summary>The epochs of each rung: the first, then <paramref name="factor"/> times as many, and at last <paramref name="epochs"/>.</summary>
    /// <param name="first">Epochs of the first rung.</param>
    /// <param name="factor">η.</param>
    /// <param name="epochs">Epochs of the last rung, at least <paramref name="first"/>.</param>
    public static IReadOnlyList<int> RungsOf(int first, int factor, int epochs)
    {
        var rungs = new List<int>();
        for (long rung = first; rung * factor <= epochs; rung *= factor) rungs.Add((int)rung);
        return [.. rungs, epochs];
    }

    /// <summary>Number of jobs if no trial fails, and none is promoted early and overtaken later.</summary>
    public static int JobsOf(int trials, int rungs, int factor)
    {
        var (jobs, left) = (0, trials);
        for (var rung = 0; rung < rungs; rung++, left /= factor) jobs += left;
        return jobs;
    }

    /// <summary>Begins the next job.</summary>
    /// <returns>Null if there is none until another result is recorded, or ever if every job that began has a result.</returns>
    public RungJob? Next()
    {
        if (_interrupted.TryDequeue(out var interrupted)) return interrupted;
        for (var rung = rungs - 2; rung >= 0; rung--)
            if (PromotableFrom(rung) is { } trial) return Begin(new(trial, rung + 1));
        while (_lastStarted < trials)
            if (!_begun.Contains(new(++_lastStarted, 0))) return Begin(new(_lastStarted, 0));
        return null;
    }

    /// <summary>Records the result of a job. A trial that failed counts as the worst of its rung and is not promoted.</summary>
    /// <param name="job">The job.</param>
    /// <param name="metric">Its metric; null if the trial failed.</param>
    public void Record(RungJob job, double? metric)
    {
        _begun.Add(job);
        _results[job.Rung][job.Trial] = metric;
    }

    /// <summary>Says that a job began earlier and has no result: it will be the next.</summary>
    public void Resume(RungJob job)
    {
        _begun.Add(job);
        _interrupted.Enqueue(job);
    }

    private RungJob Begin(RungJob job)
    {
        _begun.Add(job);
        return job;
    }

    private int? PromotableFrom(int rung)
    {
        var top = _results[rung].Count / factor;
        var succeeded = _results[rung].Where(result => result.Value is not null);
        var ordered = lowerIsBetter ? succeeded.OrderBy(result => result.Value) : succeeded.OrderByDescending(result => result.Value);
        foreach (var (trial, _) in ordered.ThenBy(result => result.Key).Take(top))
            if (!_begun.Contains(new(trial, rung + 1))) return trial;
        return null;
    }
}
