namespace GanFunctions.Functions.Claims;

/// <summary>
/// Work that is claimed in storage before it is scheduled. A crash between the two leaves a claim without a schedule, and a crash later may lose
/// the schedule. <see cref="RecoverAsync"/> detects both and claims and schedules the work again.
/// </summary>
/// <typeparam name="TWork">The claim, as it is stored.</typeparam>
/// <typeparam name="TScheduler">Schedules claimed work.</typeparam>
public abstract class ClaimedWork<TWork, TScheduler> where TWork : class
{
    /// <summary>Schedules abandoned work again.</summary>
    /// <returns>The work as it is now; null if it was removed.</returns>
    public async Task<TWork?> RecoverAsync(TScheduler scheduler, TWork known, CancellationToken cancellation)
    {
        if (await WhyAbandonedAsync(scheduler, known, cancellation) is not { } reason) return known;
        var (now, isOurs) = await TryReclaimAsync(known, cancellation);
        if (now is null || !isOurs) return now;
        LogRecovering(now, reason);
        await ScheduleAsync(scheduler, now);
        return now;
    }

    /// <summary>Schedules claimed work. Takes no cancellation token, because the stored claim already says that the work is scheduled.</summary>
    public abstract Task ScheduleAsync(TScheduler scheduler, TWork work);

    /// <summary>Why the work counts as abandoned, to complete "scheduling it again, because"; null if it does not.</summary>
    protected abstract Task<string?> WhyAbandonedAsync(TScheduler scheduler, TWork known, CancellationToken cancellation);

    /// <summary>Claims abandoned work again, unless another worker already has.</summary>
    /// <returns>The work as it is now, null if it was removed; and whether this call claimed it.</returns>
    protected abstract Task<(TWork? Now, bool IsOurs)> TryReclaimAsync(TWork known, CancellationToken cancellation);

    /// <summary>Logs the recovery.</summary>
    protected abstract void LogRecovering(TWork work, string reason);
}
