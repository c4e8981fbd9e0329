using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Training;

/// <summary>Limits the memory of a training step, so that the app fits into an instance of 4 GB beside its host.</summary>
/// <remarks>
/// The megabytes per picture are those between two batch sizes in <c>benchmarks memory</c>. The layers of a micro-batch get 750 MB, and 1,200
/// MB for 128x128; networks, optimisers, libraries and data set need another 300 to 800.
/// </remarks>
internal static class TrainingMemory
{
    /// <summary>The maximum number of pictures that may pass through the networks at once.</summary>
    /// <param name="family">The networks.</param>
    /// <param name="shape">Shape of the pictures.</param>
    public static int MaxPictures(NetworkFamily family, PictureShape shape)
    {
        var (limit, perPicture) = (family, shape.Side) switch
        {
            (NetworkFamily.Dcgan, 28) => (750, 2.8),
            (NetworkFamily.Dcgan, 32) => (750, 3),
            (NetworkFamily.Dcgan, _) => (750, 9),
            (_, 28) => (750, 2.3),
            (_, 32) => (750, 2.4),
            (_, 64) => (750, 5.5),
            _ => (1200, 18),
        };
        return (int)(limit / perPicture);
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
