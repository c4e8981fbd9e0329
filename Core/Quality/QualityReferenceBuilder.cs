using System.Globalization;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Builds the quality reference of a data set: trains the classifier, or keeps random weights if there are no labels, then extracts the
/// features of real pictures. On the same kind of processor the same data gives the same bytes.
/// </summary>
internal static class QualityReferenceBuilder
{
    /// <summary>
    /// Version of the recipe. Increase it with every change that affects the result, because references of different versions are not
    /// comparable.
    /// </summary>
    public const int Version = 1;

    /// <summary>Number of threads for the build, fixed on every worker: the order of floating-point sums depends on it.</summary>
    public const int Threads = 2;

    private const int Seed = 0;
    private const int BatchSize = 128;
    private const int Passes = 3;
    private const int MinSteps = 100;         // a small data set gets more passes
    private const double LearningRate = 2e-3; // cosine decay to zero, which makes three passes enough

    /// <summary>Builds the file; null if the data set is too small. Uses the torch threads of the calling thread.</summary>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static byte[]? Build(Dataset data, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        if (RealPictures.Of(data) is not { } real) return null;
        var random = new RunRandom(Seed, 0);
        byte[] labels = [.. real.TrainingLabels?.Distinct().Order() ?? Enumerable.Empty<byte>()];
        using var network = new FeatureNetwork(data.Train.Shape, labels.Length);
        using (var draw = random.At(0, 0, RandomPurpose.ReferenceWeights)) WeightInitialisation.Initialise(network, WeightScheme.Glorot, draw);
        if (real.TrainingLabels is not null) Train(network, real.Training, Indexes(real.TrainingLabels, labels), random, cancellation);

        using var noGradient = no_grad();
        var heldOut = QualityReference.FeaturesOf(network, real.HeldOut, cancellation);
        var kept = real.Training.narrow(0, 0, Math.Min(real.Training.shape[0], RealPictures.MaxKept));
        var training = QualityReference.FeaturesOf(network, kept, cancellation);
        var tensors = new Dictionary<string, Tensor> { [QualityReference.HeldOutKey] = heldOut, [QualityReference.TrainingKey] = training };
        foreach (var (name, value) in network.state_dict()) tensors[QualityReference.NetworkPrefix + name] = value;
        var metadata = new Dictionary<string, string>
        {
            ["dataset"] = data.Sha256,
            ["recipe"] = Version.ToString(CultureInfo.InvariantCulture),
            [QualityReference.LabelsKey] = string.Join(' ', labels),
        };
        if (real.HeldOutLabels is not null)
        {
            var accuracy = network.Classify(heldOut).argmax(1).eq(Indexes(real.HeldOutLabels, labels)).to(ScalarType.Float64).mean();
            metadata[QualityReference.AccuracyKey] = accuracy.item<double>().ToString("F4", CultureInfo.InvariantCulture);
        }
        return SafeTensors.Write(tensors, metadata);
    }

    private static void Train(FeatureNetwork network, Tensor pictures, Tensor classes, RunRandom random, CancellationToken cancellation)
    {
        var batch = Math.Min(BatchSize, pictures.shape[0]);
        var stepsPerPass = (int)(pictures.shape[0] / batch);
        var passes = Math.Max(Passes, (MinSteps + stepsPerPass - 1) / stepsPerPass);
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

    // A label that occurs only among the held-out pictures gets index -1, which the classifier never predicts.
    private static Tensor Indexes(byte[] labels, byte[] known) => tensor(labels.Select(label => (long)Array.IndexOf(known, label)).ToArray());
}

/// <summary>
/// The real pictures that a quality reference is built from, and those that it holds out. The held-out pictures are from the test set if
/// that is large enough, otherwise from the training set. Pictures held out of the training set are unknown to the classifier, but the GAN
/// that is measured has trained on them.
/// </summary>
/// <param name="Training">Pictures to train the classifier on, <c>[count, channels, side, side]</c> bytes.</param>
/// <param name="HeldOut">Held-out pictures, <c>[count, channels, side, side]</c> bytes, at most 10,000.</param>
/// <param name="TrainingLabels">Labels of <paramref name="Training"/>; null if there are fewer than two distinct labels.</param>
/// <param name="HeldOutLabels">Labels of <paramref name="HeldOut"/>; null if <paramref name="TrainingLabels"/> is null.</param>
internal sealed record RealPictures(Tensor Training, Tensor HeldOut, byte[]? TrainingLabels, byte[]? HeldOutLabels)
{
    /// <summary>Maximum number of pictures of each kind whose features are kept.</summary>
    public const int MaxKept = 10_000;

    /// <summary>Splits a data set; null if it is too small. The tensors belong to the caller, or to the current dispose scope.</summary>
    public static RealPictures? Of(Dataset data)
    {
        if (!QualityMinimum.IsMet(data.Train.Count, data.Test?.Count ?? 0)) return null;
        using var scope = NewDisposeScope();
        var order = Shuffled(data.Train.Count);
        if (AreHeldOutOfTest(data)) // shuffled, because the first half of the MNIST test set is the easier one
            return Of(data.Train, order, data.Test!, Shuffled(data.Test!.Count)[..Math.Min(data.Test.Count, MaxKept)]);
        var heldOut = Math.Min(QualityMinimum.HeldOutOfTraining(order.Length), MaxKept);
        return Of(data.Train, order[heldOut..], data.Train, order[..heldOut]);
    }

    /// <summary>Whether the held-out pictures are from the test set, which no network trains on.</summary>
    public static bool AreHeldOutOfTest(Dataset data) => QualityMinimum.IsTestSetEnough(data.Train.Count, data.Test?.Count ?? 0);

    private static RealPictures Of(ImageSet training, int[] trainingIndexes, ImageSet heldOut, int[] heldOutIndexes)
    {
        var hasClasses = training.Labels is not null && heldOut.Labels is not null && training.Labels.Distinct().Count() > 1;
        return new RealPictures(
            Pixels(training, trainingIndexes), Pixels(heldOut, heldOutIndexes),
            hasClasses ? Labels(training, trainingIndexes) : null, hasClasses ? Labels(heldOut, heldOutIndexes) : null);
    }

    private static int[] Shuffled(int count)
    {
        using var draw = new RunRandom(0, 0).At(0, 0, RandomPurpose.ReferenceShuffle);
        return [.. randperm(count, generator: draw).data<long>().Select(index => (int)index)];
    }

    private static byte[] Labels(ImageSet pictures, int[] indexes) => [.. indexes.Select(index => pictures.Labels![index])];

    private static Tensor Pixels(ImageSet pictures, int[] indexes)
    {
        var size = pictures.Shape.Size;
        var pixels = new byte[indexes.Length * size];
        foreach (var (position, index) in indexes.Index()) pictures.Pixels.AsSpan(index * size, size).CopyTo(pixels.AsSpan(position * size));
        return tensor(pixels, [indexes.Length, pictures.Channels, pictures.Height, pictures.Width], dtype: ScalarType.Byte).MoveToOuterDisposeScope();
    }
}
