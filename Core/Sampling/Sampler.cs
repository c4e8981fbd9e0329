using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Sampling;

/// <summary>Draws pictures from a generator. Uses the calling thread alone, so that requests do not take the processors from training.</summary>
public static class Sampler
{
    private const int Batch = 64; // bounds memory; the same pictures come out whatever it is

    /// <summary>Draws pictures 0 to <paramref name="count"/> - 1 of <paramref name="seed"/>. Picture <em>i</em> is the same whatever the count.</summary>
    /// <param name="generator">In evaluation mode.</param>
    /// <param name="seed">Which noise to draw from.</param>
    /// <param name="count">Pictures.</param>
    /// <param name="label">
    /// What a conditional generator is to draw, one of its <see cref="Generator.Labels"/>; null draws each of them in turn.
    /// </param>
    /// <returns><c>[count, channels, side, side]</c>, 0 to 255.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The generator knows no such label.</exception>
    public static byte[] Draw(Generator generator, long seed, int count, byte? label = null) =>
        DrawEach(generator, count, index => Latent(seed, index), index => LabelOf(generator, index, label));

    /// <summary>Draws pictures from noise of the caller's own.</summary>
    /// <param name="generator">In evaluation mode.</param>
    /// <param name="count">Pictures.</param>
    /// <param name="latent">The noise of each, <c>[100]</c>.</param>
    /// <param name="label">What each is to show; null where the generator is not conditional.</param>
    /// <returns><c>[count, channels, side, side]</c>, 0 to 255.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The generator knows no such label.</exception>
    public static byte[] DrawEach(Generator generator, int count, Func<int, Tensor> latent, Func<int, byte?> label)
    {
        _ = get_num_threads(); // a thread's first question takes over what another one set last: ask before, not after
        set_num_threads(1);
        using var noGradient = no_grad();
        var size = generator.Shape.Size;
        var pictures = new byte[count * size];
        for (var start = 0; start < count; start += Batch)
        {
            using var scope = NewDisposeScope();
            var wanted = Math.Min(Batch, count - start);
            // Always a full batch: convolutions may pick another kernel, and other last bits, for another size.
            var indexes = Enumerable.Range(0, Batch).Select(place => start + Math.Min(place, wanted - 1)).ToList();
            var noise = stack(indexes.Select(latent));
            var classes = generator.IsConditional ? tensor(indexes.Select(index => (long)PlaceOf(generator, label(index))).ToArray()) : null;
            var drawn = Pixels.Quantize(generator.call(noise, classes)).to(ScalarType.Byte).contiguous();
            drawn.bytes[..(wanted * size)].CopyTo(pictures.AsSpan(start * size));
        }
        return pictures;
    }

    /// <summary>The noise that picture <paramref name="index"/> of <paramref name="seed"/> is drawn from: <c>[100]</c> normals.</summary>
    public static Tensor Latent(long seed, int index)
    {
        using var draw = RunRandom.ForSample(seed, index);
        return randn(Generator.LatentSize, generator: draw);
    }

    /// <summary>What a picture of a conditional generator shows: the label asked for, else each in turn; null of one that is not conditional.</summary>
    public static byte? LabelOf(Generator generator, int index, byte? asked) =>
        generator.IsConditional ? asked ?? generator.Labels[index % generator.Labels.Count] : null;

    private static int PlaceOf(Generator generator, byte? label)
    {
        foreach (var (place, known) in generator.Labels.Index())
            if (known == label) return place;
        throw new ArgumentOutOfRangeException(nameof(label), label, $"Valid are {string.Join(", ", generator.Labels)}.");
    }
}
