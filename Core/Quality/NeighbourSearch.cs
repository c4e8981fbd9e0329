using GanFunctions.Core.Data;
using GanFunctions.Core.Training;



namespace GanFunctions.Core.Quality;

/// <summary>Keeps the features of the data set that was searched last. To work them out takes seconds; where its ruler has to be made first, a minute.</summary>
/// <param name="rulers">Know the features.</param>
public sealed class NeighbourSearch(QualityReferenceStore rulers)
{
    private readonly Lock _lock = new();
    private (string Dataset, Task<FeatureSpace?> Space) _last = ("", Task.FromResult<FeatureSpace?>(null));

    /// <summary>The features of a data set's training pictures; null where it is too small to have any.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="patience">How long to wait for them; who asks again later finds them nearer to done.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">They are not ready yet.</exception>
    public Task<FeatureSpace?> PrepareAsync(Dataset data, TimeSpan patience, CancellationToken cancellation)
    {
        lock (_lock)
        {
            // The one before is left to its finalizers: someone may be searching it.
            if (_last.Dataset != data.Sha256 || _last.Space.IsFaulted) _last = (data.Sha256, Task.Run(() => MakeAsync(data), CancellationToken.None));
            return _last.Space.WaitAsync(patience, cancellation);
        }
    }

    private async Task<FeatureSpace?> MakeAsync(Dataset data) => await rulers.GetAsync(data, CancellationToken.None) is { } ruler
        ? await TrainingThread.RunAsync(threads: 1, () => new FeatureSpace(data, ruler))
        : null;
}
