using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Sampling;

/// <summary>
/// Generates pictures. It uses only the calling thread, so that requests do not take processors away from training.
/// </summary>
public static class Sampler
{
    /// <summary>
    /// Number of pictures that are drawn at a time. It limits memory: the layers of 64 pictures of 64x64 need 350 MB. A change alters the last
    /// bits of the pictures, because convolutions may choose another kernel.
    /// </summary>
    public static int BatchOf(PictureShape shape) => shape.Side <= 64 ? 64 : 16;

    /// <summary>
    /// Generates pictures 0 to <paramref name="count"/> - 1 of <paramref name="seed"/>. Picture <em>i</em> does not depend on the count.
    /// </summary>
    /// <param name="generator">The generator, in evaluation mode.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="count">Number of pictures.</param>
    /// <param name="label">
    /// The label of all pictures of a conditional generator, one of its <see cref="Generator.Labels"/>; null for each of them in turn.
    /// </param>
    /// <param name="truncation">See <see cref="DrawEach"/>.</param>
    /// <param name="cancellation">Cancels the drawing before the next batch.</param>
    /// <returns><c>[count, channels, side, side]</c>, 0 to 255.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The generator has no such label.</exception>
    /// <exception cref="OperationCanceledException">The drawing was cancelled.</exception>
    public static byte[] Draw(
        Generator generator, long seed, int count, byte? label = null, double truncation = 1, CancellationToken cancellation = default) =>
        DrawEach(generator, count, index => Latent(seed, index), index => LabelOf(generator, index, label), truncation, cancellation);

    /// <summary>Generates pictures from the given noise.</summary>
    /// <param name="generator">The generator, in evaluation mode.</param>
    /// <param name="count">Number of pictures.</param>
    /// <param name="latent">Returns the noise vector of each picture, <c>[100]</c>.</param>
    /// <param name="label">Returns the label of each picture; null if the generator is unconditional.</param>
    /// <param name="truncation">
    /// Factor of the noise, 0 to 1. Noise nearer to its mean gives more typical and less varied pictures (the truncation trick, Brock et al.
    /// 2019, arXiv:1809.11096, here by scaling).
    /// </param>
    /// <param name="cancellation">Cancels the drawing before the next batch.</param>
    /// <returns><c>[count, channels, side, side]</c>, 0 to 255.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The generator has no such label.</exception>
    /// <exception cref="OperationCanceledException">The drawing was cancelled.</exception>
    public static byte[] DrawEach(
        Generator generator, int count, Func<int, Tensor> latent, Func<int, byte?> label, double truncation = 1, CancellationToken cancellation = default)
    {
        _ = get_num_threads(); // the first call on a thread adopts the count that another thread set last, so call it before setting
        set_num_threads(1);
        using var noGradient = no_grad();
        var (size, batch) = (generator.Shape.Size, BatchOf(generator.Shape));
        var pictures = new byte[count * size];
        for (var start = 0; start < count; start += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var drawnCount = Math.Min(batch, count - start);
            // Always a full batch: picture i must not depend on the count.
            var indexes = Enumerable.Range(0, batch).Select(index => start + Math.Min(index, drawnCount - 1)).ToList();
            var noise = stack(indexes.Select(latent));
            if (truncation < 1) noise = noise.Times(truncation);
            var classes = generator.IsConditional ? tensor(indexes.Select(i => (long)ClassOf(generator, label(i))).ToArray()) : null;
            var drawn = Pixels.Quantize(generator.call(noise, classes)).to(ScalarType.Byte).contiguous();
            drawn.bytes[..(drawnCount * size)].CopyTo(pictures.AsSpan(start * size));
        }
        return pictures;
    }

    /// <summary>The noise vector of picture <paramref name="index"/> of <paramref name="seed"/>: <c>[100]</c>, standard normal.</summary>
    public static Tensor Latent(long seed, int index)
    {
        using var draw = RunRandom.ForSample(seed, index);
        return randn(Generator.LatentSize, generator: draw);
    }

    /// <summary>The label of a picture: the requested one, otherwise each label in turn; null if the generator is unconditional.</summary>
    public static byte? LabelOf(Generator generator, int index, byte? requested) =>
        generator.IsConditional ? requested ?? generator.Labels[index % generator.Labels.Count] : null;

    /// <summary>The class of a label: its index in <see cref="Generator.Labels"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The generator has no such label.</exception>
    internal static int ClassOf(Generator generator, byte? label)
    {
        foreach (var (index, known) in generator.Labels.Index())
            if (known == label) return index;
        throw new ArgumentOutOfRangeException(nameof(label), label, $"The generator's labels are {string.Join(", ", generator.Labels)}.");
    }
}
