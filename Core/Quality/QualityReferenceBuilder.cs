using System.Globalization;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Makes the ruler of a data set: trains the classifier where there are labels, else leaves the features random, then takes those of real
/// pictures. The same data gives, on the same kind of processor, the same bytes.
/// </summary>
internal static class QualityReferenceBuilder
{
    /// <summary>To be raised with every change to what comes out: another version's rulers are other rulers.</summary>
    public const int Version = 1;

    /// <summary>Threads to make it with, whatever the worker has: the order of sums depends on it.</summary>
    public const int Threads = 2;

    private const int Seed = 0;
    private const int BatchSize = 128;
    private const int Passes = 3;
    private const int FewestSteps = 100;      // a small set is passed over more often
    private const double LearningRate = 2e-3; // falls to zero along half a cosine: what makes three passes enough

    /// <summary>The ruler's file; null where the data set is too small. Runs with the threads of the calling thread.</summary>
    /// <exception cref="OperationCanceledException">As asked.</exception>
    public static byte[]? Build(Dataset data, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        if (RealPictures.Of(data) is not { } real) return null;
        var random = new RunRandom(Seed, 0);
        byte[] labels = [.. real.FitLabels?.Distinct().Order() ?? Enumerable.Empty<byte>()];
        using var network = new FeatureNetwork(data.Train.Shape, labels.Length);
        using (var draw = random.At(0, 0, RandomPurpose.ReferenceWeights)) WeightInitialisation.Initialise(network, WeightScheme.Glorot, draw);
        if (real.FitLabels is not null) Train(network, real.Fit, Indexes(real.FitLabels, labels), random, cancellation);

        using var noGradient = no_grad();
        var held = QualityReference.FeaturesOf(network, real.Held, cancellation);
        var training = QualityReference.FeaturesOf(network, real.Fit.narrow(0, 0, Math.Min(real.Fit.shape[0], RealPictures.Most)), cancellation);
        var tensors = new Dictionary<string, Tensor> { [QualityReference.HeldKey] = held, [QualityReference.TrainingKey] = training };
        foreach (var (name, value) in network.state_dict()) tensors[QualityReference.NetworkPrefix + name] = value;
        var metadata = new Dictionary<string, string>
        {
            ["dataset"] = data.Sha256,
            ["recipe"] = Version.ToString(CultureInfo.InvariantCulture),
            [QualityReference.LabelsKey] = string.Join(' ', labels),
        };
        if (real.HeldLabels is not null)
        {
            var right = network.Classify(held).argmax(1).eq(Indexes(real.HeldLabels, labels)).to(ScalarType.Float64).mean();
            metadata[QualityReference.AccuracyKey] = right.item<double>().ToString("F4", CultureInfo.InvariantCulture);
        }
        return SafeTensors.Write(tensors, metadata);
    }

    private static void Train(FeatureNetwork network, Tensor pictures, Tensor classes, RunRandom random, CancellationToken cancellation)
    {
        var batch = Math.Min(BatchSize, pictures.shape[0]);
        var stepsPerPass = (int)(pictures.shape[0] / batch);
        var passes = Math.Max(Passes, (FewestSteps + stepsPerPass - 1) / stepsPerPass);
        using var optimiser = optim.Adam(network.parameters(), LearningRate);
        for (var pass = 0; pass < passes; pass++)
        {
            using var passScope = NewDisposeScope();
            using var draw = random.At(pass + 1, 0, RandomPurpose.ReferenceShuffle);
            var order = randperm(pictures.shape[0], generator: draw);
            for (var step = 0; step < stepsPerPass; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                using var stepScope = NewDisposeScope();
                var progress = (pass + (double)step / stepsPerPass) / passes;
                foreach (var group in optimiser.ParamGroups) group.LearningRate = LearningRate * (1 + Math.Cos(Math.PI * progress)) / 2;
                var chosen = order.narrow(0, step * batch, batch);
                var logits = network.Classify(network.call(Pixels.Normalize(pictures.index_select(0, chosen))));
                optimiser.zero_grad();
                nn.functional.cross_entropy(logits, classes.index_select(0, chosen)).backward();
                optimiser.step();
            }
        }
    }

    // A label that only the held-out pictures have is -1: nothing is ever recognised as that.
    private static Tensor Indexes(byte[] labels, byte[] known) => tensor(labels.Select(label => (long)Array.IndexOf(known, label)).ToArray());
}

/// <summary>
/// Which real pictures a ruler is made from and which it holds out. They are held out of the test set where there is one of a sensible
/// size, else out of the training set: the ruler has never seen those, but the network that is measured has.
/// </summary>
/// <param name="Fit">To train the classifier on, <c>[count, channels, side, side]</c> bytes.</param>
/// <param name="Held">Held out of that, <c>[count, channels, side, side]</c> bytes, at most 10,000.</param>
/// <param name="FitLabels">Their labels; null where there are none, or one only.</param>
/// <param name="HeldLabels">The same for those held out.</param>
internal sealed record RealPictures(Tensor Fit, Tensor Held, byte[]? FitLabels, byte[]? HeldLabels)
{
    /// <summary>With fewer on either side, statistics over 128 features say nothing.</summary>
    public const int Fewest = 50;

    /// <summary>At most this many are kept of either side.</summary>
    public const int Most = 10_000;

    private const int HeldOutOf = 5; // every fifth picture, where there is no test set

    /// <summary>Divides a data set; null where it is too small. The tensors belong to the caller, or to the dispose scope that is open.</summary>
    public static RealPictures? Of(Dataset data)
    {
        using var scope = NewDisposeScope();
        var order = Shuffled(data.Train.Count);
        if (AreHeldOutOfTest(data)) // MNIST's has the easy half first
            return Of(data.Train, order, data.Test!, Shuffled(data.Test!.Count)[..Math.Min(data.Test.Count, Most)]);
        var held = Math.Min(order.Length / HeldOutOf, Most);
        return held < Fewest ? null : Of(data.Train, order[held..], data.Train, order[..held]);
    }

    /// <summary>Whether the pictures held out are ones that networks are not trained on.</summary>
    public static bool AreHeldOutOfTest(Dataset data) => data.Test is { Count: >= Fewest } && data.Train.Count >= Fewest;

    private static RealPictures Of(ImageSet fit, int[] fitChosen, ImageSet held, int[] heldChosen)
    {
        var labelled = fit.Labels is not null && held.Labels is not null && fit.Labels.Distinct().Count() > 1;
        return new RealPictures(
            Pixels(fit, fitChosen), Pixels(held, heldChosen), labelled ? Labels(fit, fitChosen) : null, labelled ? Labels(held, heldChosen) : null);
    }

    private static int[] Shuffled(int count)
    {
        using var draw = new RunRandom(0, 0).At(0, 0, RandomPurpose.ReferenceShuffle);
        return [.. randperm(count, generator: draw).data<long>().Select(index => (int)index)];
    }

    private static byte[] Labels(ImageSet pictures, int[] chosen) => [.. chosen.Select(index => pictures.Labels![index])];

    private static Tensor Pixels(ImageSet pictures, int[] chosen)
    {
        var size = pictures.Shape.Size;
        var pixels = new byte[chosen.Length * size];
        foreach (var (place, index) in chosen.Index()) pictures.Pixels.AsSpan(index * size, size).CopyTo(pixels.AsSpan(place * size));
        return tensor(pixels, [chosen.Length, pictures.Channels, pictures.Height, pictures.Width], dtype: ScalarType.Byte).MoveToOuterDisposeScope();
    }
}
