using System.Globalization;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>What maps pictures to features.</summary>
internal enum FeatureKind
{
    /// <summary>A small classifier, trained on the labels of the data set: see <see cref="LeNet"/>.</summary>
    Learned = 1,

    /// <summary>A network that was trained on ImageNet: see <see cref="PretrainedFeatures"/>.</summary>
    Pretrained = 3,
}

/// <summary>
/// Builds the quality reference of a data set: trains a classifier of its labels, or the projection of pretrained features, then extracts the
/// features of real pictures. On the same kind of processor the same data gives the same bytes.
/// </summary>
internal static class QualityReferenceBuilder
{
    // Without labels, earlier versions trained a classifier of clusters.
    private const int VersionOfClusters = 2;

    /// <summary>The versions of the recipe, newest first. Earlier versions of the app used the older ones for all data sets.</summary>
    public static IReadOnlyList<int> Versions { get; } = [(int)FeatureKind.Pretrained, (int)FeatureKind.Learned, VersionOfClusters];

    private const int MaxSideLearned = 32; // of pictures whose classifier is trained

    /// <summary>Number of threads for the build, fixed on every worker: the order of floating-point sums depends on it.</summary>
    public const int Threads = 2;

    private const int Seed = 0;

    /// <summary>
    /// The features for a data set, whose numbers are the versions of the recipe. Add one with every change that affects the result, because references of
    /// different versions are not comparable. Small grey pictures with labels, such as digits, resemble nothing in ImageNet, and their classes are learned well.
    /// </summary>
    public static FeatureKind KindFor(Dataset data) =>
        data.Train.Shape is { Channels: 1, Side: <= MaxSideLearned } && RealPictures.HaveClasses(data) ? FeatureKind.Learned : FeatureKind.Pretrained;

    /// <summary>Builds the file; null if the data set is too small. Uses the torch threads of the calling thread.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="cancellation">Cancels the build.</param>
    /// <param name="kind">The features; null for those of the data set. For comparisons.</param>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static byte[]? Build(Dataset data, CancellationToken cancellation, FeatureKind? kind = null)
    {
        using var scope = NewDisposeScope();
        if (RealPictures.Of(data) is not { } real) return null;
        var random = new RunRandom(Seed, 0);
        var chosen = kind ?? KindFor(data);
        byte[] labels = [.. real.TrainingLabels?.Distinct().Order() ?? Enumerable.Empty<byte>()];
        using FeatureNetwork network = chosen == FeatureKind.Learned ? new LeNet(data.Train.Shape, labels.Length) : new PretrainedFeatures(labels.Length);
        using (var draw = random.At(0, 0, RandomPurpose.ReferenceWeights)) WeightInitialisation.Initialise(network, WeightScheme.Glorot, draw);
        var training = network is PretrainedFeatures pretrained
            ? LearnPretrained(pretrained, real, labels, cancellation)
            : Learn(network, real, labels, random, cancellation);
        var heldOut = network.FeaturesOf(real.HeldOut, cancellation);
        var tensors = new Dictionary<string, Tensor> { [QualityReference.HeldOutKey] = heldOut, [QualityReference.TrainingKey] = training };
        foreach (var (name, value) in network.state_dict()) tensors[QualityReference.NetworkPrefix + name] = value;
        var metadata = new Dictionary<string, string>
        {
            ["dataset"] = data.Sha256,
            ["recipe"] = ((int)chosen).ToString(CultureInfo.InvariantCulture),
            [QualityReference.LabelsKey] = string.Join(' ', labels),
        };
        if (real.HeldOutLabels is not null)
        {
            using var noGradient = no_grad();
            var accuracy = network.Classify(heldOut).argmax(1).eq(Indexes(real.HeldOutLabels, labels)).to(ScalarType.Float64).mean();
            metadata[QualityReference.AccuracyKey] = accuracy.item<double>().ToString("F4", CultureInfo.InvariantCulture);
        }
        return SafeTensors.Write(tensors, metadata);
    }

    // Both return the features of the training pictures that are kept.
    private static Tensor Learn(FeatureNetwork network, RealPictures real, byte[] labels, RunRandom random, CancellationToken cancellation)
    {
        FeatureTraining.Run(network, real.Training, Indexes(real.TrainingLabels!, labels), random, cancellation);
        return network.FeaturesOf(real.Training.First(RealPictures.MaxKept), cancellation);
    }

    private static Tensor LearnPretrained(PretrainedFeatures network, RealPictures real, byte[] labels, CancellationToken cancellation)
    {
        var kept = real.Training.First(RealPictures.MaxKept);
        var features = network.LearnProjection(kept, cancellation);
        if (real.TrainingLabels is { } known) FeatureTraining.RunClassifier(network, features, Indexes(known[..kept.Count], labels), cancellation);
        return features;
    }

    // A label that occurs only among the held-out pictures gets index -1, which the classifier never predicts.
    private static Tensor Indexes(byte[] labels, byte[] known) => tensor(labels.Select(label => (long)Array.IndexOf(known, label)).ToArray());
}
