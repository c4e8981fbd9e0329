using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Projections;

/// <summary>
/// Computes stored projections, one at a time in a process, on one thread: they must leave room for other work beside the training. The same projection may be
/// computed twice, even by two workers at once: both find the same, and the first to write it wins.
/// </summary>
/// <param name="projections">Stores them.</param>
/// <param name="checkpoints">Stores the generators.</param>
/// <param name="references">Stores the quality references.</param>
/// <param name="logger">Logs the results.</param>
public sealed partial class ProjectionJob(
    ProjectionStore projections, CheckpointStore checkpoints, QualityReferenceStore references, ILogger<ProjectionJob> logger) : IDisposable
{
    private const int MaxStarts = 10; // after that, it is assumed to crash the process

    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Computes a projection, unless it is completed, has failed or was deleted. An interrupted one begins again.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="id">The projection's id.</param>
    /// <param name="stopping">Signals that the host is shutting down.</param>
    /// <returns>False if this process computes another one.</returns>
    /// <exception cref="OperationCanceledException">The host is shutting down.</exception>
    public async Task<bool> RunAsync(string run, string id, CancellationToken stopping)
    {
        if (!await _gate.WaitAsync(0, stopping)) return false;
        try
        {
            var begun = await projections.UpdateAsync(run, id, Begin, stopping);
            if (begun is not { IsOpen: true }) return true;
            var found = await FindAsync(run, begun, stopping);
            await projections.UpdateAsync(
                run, id, each => each.IsOpen ? each with { State = ProjectionState.Completed, Found = found } : null, CancellationToken.None);
            LogCompleted(run, id, found.Distance.Pixels);
        }
        catch (InvalidDataException unusable)
        {
            LogFailed(run, id, unusable.Message);
            await projections.UpdateAsync(
                run, id, each => each.IsOpen ? each with { State = ProjectionState.Failed, Error = unusable.Message } : null, CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private static Projection? Begin(Projection projection) => projection switch
    {
        { IsOpen: false } => null,
        { Starts: MaxStarts } => projection with
        {
            State = ProjectionState.Failed,
            Error = $"The search stopped {MaxStarts} times without a result; the log states the reasons.",
        },
        _ => projection with { State = ProjectionState.Running, Starts = projection.Starts + 1 },
    };

    private async Task<FoundLatent> FindAsync(string run, Projection projection, CancellationToken stopping)
    {
        var question = projection.Question;
        var file = await checkpoints.ReadAsync(run, question.Generator, stopping);
        using var reference = question.Reference is { } stored ? await references.ReadAsync(question.Dataset, stored, stopping) : null;
        var found = await TrainingThread.RunAsync(threads: 1, () =>
        {
            using var generator = NetworkState.LoadGenerator(file, averaged: true);
            return new LatentProjection(generator, reference).Find(question.Target, question.Label, question.Seed, question.Steps, stopping);
        });
        FreedMemory.ReturnNative();
        return found;
    }

    [LoggerMessage(LogLevel.Information, "Run {Run}: projection {Id} is completed; its pixels differ by {Pixels} from the picture")]
    private partial void LogCompleted(string run, string id, double pixels);

    [LoggerMessage(LogLevel.Warning, "Run {Run}: projection {Id} failed. {Problem}")]
    private partial void LogFailed(string run, string id, string problem);
}
