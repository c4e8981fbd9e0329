using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Training;

/// <summary>Limits the memory of a training step, so that the app fits into an instance of 4 GB beside its host.</summary>
/// <remarks>
/// The megabytes per picture are those between two batch sizes in <c>benchmarks memory</c>. The layers of a micro-batch get at most 750 MB, and
/// 1,200 MB for 128x128; a large data set, which stays in memory, leaves less to them.
/// </remarks>
internal static class TrainingMemory
{
    private const int FeatureBytes = 256; // of each training picture in a search for nearest neighbours

    /// <summary>The maximum number of pictures that may pass through the networks at once.</summary>
    /// <param name="family">The networks.</param>
    /// <param name="shape">Shape of the pictures.</param>
    /// <param name="pictures">Number of pictures in memory.</param>
    public static int MaxPictures(NetworkFamily family, PictureShape shape, int pictures)
    {
        var perPicture = (family, shape.Side) switch
        {
            (NetworkFamily.Dcgan, 28) => 2.8,
            (NetworkFamily.Dcgan, 32) => 3,
            (NetworkFamily.Dcgan, _) => 9,
            (_, 28) => 2.3,
            (_, 32) => 2.4,
            (_, 64) => 5.5,
            _ => 18,
        };
        var (total, other, layers) = shape.Side switch // MB of the process; libraries, networks, optimisers and requests; at most for layers
        {
            <= 32 => (1500, 400, 750),
            64 => (2000, 500, 750),
            _ => (2500, 800, 1200),
        };
        var data = pictures * (shape.Size + FeatureBytes) / 1e6;
        return Math.Max(TrainingOptions.MinBatchSize, (int)(Math.Min(layers, total - other - data) / perPicture));
    }

    /// <summary>The size of equal micro-batches that the memory allows; null if it allows the whole batch.</summary>
    /// <param name="batch">Pictures per step.</param>
    /// <param name="max">Maximum number of pictures per micro-batch.</param>
    public static int? MicroBatchOf(int batch, int max)
    {
        if (batch <= max) return null;
        var parts = (batch + max - 1) / max;
        return (batch + parts - 1) / parts;
    }
}
