using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>
/// The lanes of requests for pictures. Large ones work one at a time, which bounds their memory to that of the largest
/// <see cref="PictureWork"/>; small ones do not wait for them.
/// </summary>
public sealed class PictureLanes : IDisposable
{
    private readonly Lane _large = new(working: 1, waiting: 16, maxUnsent: 128 << 20, idle: TimeSpan.Zero);

    /// <summary>The lane of work that takes a fraction of a second.</summary>
    public Lane Small { get; } = new(
        working: Math.Max(1, Environment.ProcessorCount / 2), waiting: 500, maxUnsent: 64 << 20, // the other processors are left to training
        idle: TimeSpan.FromSeconds(5));

    /// <summary>The lane of uploaded pictures, which are decoded one at a time, because the pixels of a large one need much memory.</summary>
    public Lane Uploads { get; } = new(working: 1, waiting: 16, maxUnsent: 1 << 20, idle: TimeSpan.FromSeconds(5));

    /// <inheritdoc/>
    public void Dispose()
    {
        Uploads.Dispose();
        Small.Dispose();
        _large.Dispose();
    }

    /// <summary>The lane of a request.</summary>
    public Lane Of(PictureWork work) => work.IsSmall ? Small : _large;
}
