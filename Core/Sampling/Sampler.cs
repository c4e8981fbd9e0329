using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Sampling;

/// <summary>Draws pictures from a generator.</summary>
public static class Sampler
{
    private const int Batch = 64; // bounds memory; the same pictures come out whatever it is

    /// <summary>
    /// Draws pictures 0 to <paramref name="count"/> - 1 of <paramref name="seed"/>. Picture <em>i</em> is the same whatever the count.
    /// Uses the calling thread alone, so that requests do not take the processors from training.
    /// </summary>
    /// <param name="generator">In evaluation mode.</param>
    /// <param name="seed">Which noise to draw from.</param>
    /// <param name="count">Pictures.</param>
    /// <param name="label">
    /// What a conditional generator is to draw, one of its <see cref="Generator.Labels"/>; null draws each of them in turn.
    /// </param>
    /// <returns><c>[count, channels, side, side]</c>, 0 to 255.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The generator knows no such label.</exception>
    public static byte[] Draw(Generator generator, long seed, int count, byte? label = null)
    {
        if (label is { } unknown && !generator.Labels.Contains(unknown))
            throw new ArgumentOutOfRangeException(nameof(label), label, $"Valid are {string.Join(", ", generator.Labels)}.");
        _ = get_num_threads(); // a thread's first question takes over what another one set last: ask before, not after
        set_num_threads(1);
        using var noGradient = no_grad();
        var size = generator.Shape.Size;
        var pictures = new byte[count * size];
        for (var start = 0; start < count; start += Batch)
        {
            using var scope = NewDisposeScope();
            // Always a full batch: convolutions may pick another kernel, and other last bits, for another size.
            var noise = stack(Enumerable.Range(start, Batch).Select(index => Latent(seed, index)));
            using var classes = ClassesOf(generator, start, label);
            var drawn = generator.call(noise, classes).add_(1).mul_(127.5).round_().clamp_(0, 255).to(ScalarType.Byte).contiguous();
            var wanted = Math.Min(Batch, count - start) * size;
            drawn.bytes[..wanted].CopyTo(pictures.AsSpan(start * size));
        }
        return pictures;
    }

    /// <summary>The noise that picture <paramref name="index"/> of <paramref name="seed"/> is drawn from: <c>[100]</c> normals.</summary>
    public static Tensor Latent(long seed, int index)
    {
        using var draw = RunRandom.ForSample(seed, index);
        return randn(Generator.LatentSize, generator: draw);
    }

    private static Tensor? ClassesOf(Generator generator, int start, byte? label)
    {
        if (!generator.IsConditional) return null;
        var chosen = label is null ? -1 : generator.Labels.Index().First(known => known.Item == label).Index;
        return tensor(Enumerable.Range(start, Batch).Select(index => chosen < 0 ? (long)index % generator.Labels.Count : chosen).ToArray());
    }
}
