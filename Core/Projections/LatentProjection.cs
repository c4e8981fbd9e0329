using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Sampling;
using GanFunctions.Core.Training;
using TorchSharp;
using static GanFunctions.Core.Memory.Arithmetic;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Projections;

/// <summary>How far apart two pictures are.</summary>
/// <param name="Pixels">Root mean square difference of their pixels, 0 to 255.</param>
/// <param name="Features">
/// Euclidean distance between their features, in the unit of the memorisation check; null if the data set has no quality reference.
/// </param>
public sealed record PictureDistance(double Pixels, double? Features);

/// <summary>The latent vector that a projection found.</summary>
/// <param name="Latent">The noise vector, 100 numbers.</param>
/// <param name="Label">The label that goes with it; null if the generator is unconditional.</param>
/// <param name="Picture">What the generator draws from it: <c>[channels, side, side]</c>, 0 to 255.</param>
/// <param name="Distance">Its distance to the target.</param>
/// <param name="NearestIndex">Index of the nearest picture among the samples of the seed that the search began with.</param>
/// <param name="NearestDistance">Distance of that picture to the target.</param>
public sealed record FoundLatent(
    float[] Latent, byte? Label, byte[] Picture, PictureDistance Distance, int NearestIndex, PictureDistance NearestDistance);

/// <summary>
/// Finds the noise from which a generator draws the picture that is nearest to a given one. The search begins with the nearest of many samples and
/// descends along the gradient of the distance, with the schedule of Karras et al. 2020 (arXiv:1912.04958, appendix D). Several starts are
/// followed, because the distance has local minima.
/// </summary>
/// <param name="generator">The generator in evaluation mode, with weights that need no gradients.</param>
/// <param name="reference">
/// The quality reference of its data set, whose features count as much as the pixels; null if there is none, so that only pixels are compared.
/// </param>
public sealed class LatentProjection(Generator generator, QualityReference? reference)
{
    /// <summary>Number of samples that the search begins with.</summary>
    public const int Samples = 1024;

    private const int Starts = 4;             // of the samples, the nearest ones
    private const double LearningRate = 0.1;
    private const double RampUp = 0.05;       // share of the steps in which the learning rate rises from zero
    private const double RampDown = 0.25;     // share of the steps in which it falls to zero

    private static readonly Scalar PullWeight = 0.01.ToScalar(); // of the squared deviation from the typical length; weak beside the distance

    /// <summary>Finds the noise. Uses the torch threads of the calling thread; with the same number of them, the same inputs give the same result.</summary>
    /// <param name="target">The picture, <c>[channels, side, side]</c>, 0 to 255.</param>
    /// <param name="label">The label to draw with a conditional generator; null searches all of its labels.</param>
    /// <param name="seed">Seed of the samples that the search begins with.</param>
    /// <param name="steps">Number of steps along the gradient, at least 1.</param>
    /// <param name="cancellation">Cancels the search before the next step.</param>
    /// <exception cref="ArgumentOutOfRangeException">The generator has no such label.</exception>
    /// <exception cref="InvalidDataException">The generator's pictures are NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public FoundLatent Find(byte[] target, byte? label, long seed, int steps, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var goal = new Goal(target, generator.Shape, reference);
        var starts = NearestSamples(goal, label, seed, cancellation);
        var labels = starts.Select(index => Sampler.LabelOf(generator, index, label)).ToArray();
        var latents = stack(starts.Select(index => Sampler.Latent(seed, index)));
        var (best, place) = Descend(goal, latents, ClassesOf(labels), steps, cancellation);

        var (picture, distance) = Drawn(goal, best, labels[place]);
        var (_, nearest) = Drawn(goal, latents.narrow(0, 0, 1), labels[0]);
        return new(best.data<float>().ToArray(), labels[place], picture, distance, starts[0], nearest);
    }

    /// <summary>Indexes of the nearest samples, nearest first.</summary>
    private int[] NearestSamples(Goal goal, byte? label, long seed, CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        var (distances, batch) = (new float[Samples], generator.Shape.Side <= 32 ? 64 : 16);
        for (var start = 0; start < Samples; start += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var indexes = Enumerable.Range(start, batch).ToList();
            var noise = stack(indexes.Select(index => Sampler.Latent(seed, index)));
            var pictures = generator.call(noise, ClassesOf([.. indexes.Select(index => Sampler.LabelOf(generator, index, label))]));
            goal.DistanceOf(pictures).data<float>().ToArray().CopyTo(distances, start);
        }
        if (!distances.All(float.IsFinite)) throw new InvalidDataException("The generator draws pictures that are NaN or infinite.");
        return [.. Enumerable.Range(0, Samples).OrderBy(index => distances[index]).Take(Starts)];
    }

    /// <summary>The nearest noise on the way of all starts, <c>[1, 100]</c>, and the start that it was reached from.</summary>
    private (Tensor Best, int Start) Descend(Goal goal, Tensor starts, Tensor? classes, int steps, CancellationToken cancellation)
    {
        using var latents = starts.detach().clone().requires_grad_();
        using var adam = new AdamOptimiser([latents], beta1: 0.9, beta2: 0.999, epsilon: 1e-8);
        var (best, from, least) = (starts.narrow(0, 0, 1), 0, float.PositiveInfinity);
        for (var step = 0; step <= steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var distances = goal.DistanceOf(generator.call(latents, classes)); // [starts]
            var values = distances.data<float>().ToArray();
            var nearest = Array.IndexOf(values, values.Min());
            if (nearest >= 0 && values[nearest] < least)
            {
                (from, least) = (nearest, values[nearest]);
                using var noGradient = no_grad();
                best = latents.detach().narrow(0, nearest, 1).clone().MoveToOuterDisposeScope();
            }
            if (step == steps) break;
            var pull = latents.Squared().mean([1L]).sub_(One).Squared().mul_(PullWeight); // the mean square of normal noise is 1
            latents.grad?.zero_();
            distances.Plus(pull).sum().backward();
            adam.LearningRate = RateAt((step + 1.0) / steps);
            adam.Step();
        }
        return (best, from);
    }

    /// <summary>The learning rate after a share of the steps.</summary>
    private static double RateAt(double done) => LearningRate
        * Math.Min(1, done / RampUp)
        * (0.5 - 0.5 * Math.Cos(Math.PI * Math.Min(1, (1 - done) / RampDown)));

    private (byte[] Picture, PictureDistance Distance) Drawn(Goal goal, Tensor latent, byte? label)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var drawn = Pixels.Quantize(generator.call(latent, ClassesOf([label]))).to(ScalarType.Byte).contiguous();
        return (drawn.bytes.ToArray(), goal.Measure(drawn));
    }

    private Tensor? ClassesOf(byte?[] labels) =>
        generator.IsConditional ? tensor([.. labels.Select(label => (long)Sampler.ClassOf(generator, label))]) : null;

    /// <summary>The picture to come near to.</summary>
    private sealed class Goal
    {
        private readonly QualityReference? _reference;
        private readonly Tensor _picture;   // [1, channels, side, side] in [-1, 1]
        private readonly Tensor? _features; // [1, 128]

        public Goal(byte[] target, PictureShape shape, QualityReference? reference)
        {
            using var noGradient = no_grad();
            _reference = reference;
            _picture = Pixels.Normalize(tensor(target, [1, shape.Channels, shape.Side, shape.Side]));
            _features = reference?.FeaturesOf(_picture);
        }

        /// <summary>
        /// What the search minimises, <c>[count]</c>: the mean squared difference of the pixels in [-1, 1], plus the squared difference of the
        /// features relative to that of two real pictures.
        /// </summary>
        public Tensor DistanceOf(Tensor pictures)
        {
            using var scope = NewDisposeScope();
            var distance = (pictures - _picture).Squared().mean([1L, 2L, 3L]);
            if (_reference is not null) distance = distance.Plus((_reference.FeaturesOf(pictures) - _features!).Squared().sum(1) / _reference.SquaredSpread);
            return distance.MoveToOuterDisposeScope();
        }

        /// <summary>The distance of one picture of bytes, <c>[1, channels, side, side]</c>.</summary>
        public PictureDistance Measure(Tensor picture)
        {
            using var scope = NewDisposeScope();
            var normal = Pixels.Normalize(picture);
            var pixels = (normal - _picture).Squared().mean().sqrt().item<float>() * 127.5;
            var features = _reference is null ? (double?)null : (_reference.FeaturesOf(normal) - _features!).norm().item<float>();
            return new(Rounding.Round(pixels), features is { } value ? Rounding.Round(value) : null);
        }
    }
}
