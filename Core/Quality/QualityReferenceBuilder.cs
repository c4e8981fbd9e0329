using System.Globalization;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// Builds the quality reference of a data set: trains a classifier of its labels, or of clusters if it has no labels, then extracts the
/// features of real pictures. On the same kind of processor the same data gives the same bytes.
/// </summary>
internal static class QualityReferenceBuilder
{
    private const int VersionWithLabels = 1;
    private const int VersionWithoutLabels = 2;

    /// <summary>The versions of the recipe. A data set has a quality reference of one of them.</summary>
    public static IReadOnlyList<int> Versions { get; } = [VersionWithLabels, VersionWithoutLabels];

    private const int Clusters = 50;
    private const int MaxClustered = 20_000; // training pictures that are clustered

    /// <summary>Number of threads for the build, fixed on every worker: the order of floating-point sums depends on it.</summary>
    public const int Threads = 2;

    private const int Seed = 0;

    /// <summary>
    /// Version of the recipe for a data set. Increase it with every change that affects the result, because references of different versions
    /// are not comparable.
    /// </summary>
    public static int VersionFor(Dataset data) => RealPictures.HaveClasses(data) ? VersionWithLabels : VersionWithoutLabels;

    /// <summary>Builds the file; null if the data set is too small. Uses the torch threads of the calling thread.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="cancellation">Cancels the build.</param>
    /// <param name="clusters">Number of clusters to learn without labels; 0 keeps random weights. For comparisons.</param>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static byte[]? Build(Dataset data, CancellationToken cancellation, int clusters = Clusters)
    {
        using var scope = NewDisposeScope();
        if (RealPictures.Of(data) is not { } real) return null;
        var random = new RunRandom(Seed, 0);
        byte[] labels = [.. real.TrainingLabels?.Distinct().Order() ?? Enumerable.Empty<byte>()];
        clusters = Math.Min(clusters, real.Training.Count / 2);
        using var network = new FeatureNetwork(data.Train.Shape, labels.Length > 0 ? labels.Length : clusters);
        using (var draw = random.At(0, 0, RandomPurpose.ReferenceWeights)) WeightInitialisation.Initialise(network, WeightScheme.Glorot, draw);
        if (real.TrainingLabels is not null)
        {
            FeatureTraining.Run(network, real.Training, Indexes(real.TrainingLabels, labels), random, cancellation);
        }
        else if (clusters > 0)
        {
            var some = real.Training.First(MaxClustered);
            FeatureTraining.Run(network, some, PictureClusters.Of(some, clusters, random, cancellation), random, cancellation);
        }

        using var noGradient = no_grad();
        var heldOut = QualityReference.FeaturesOf(network, real.HeldOut, cancellation);
        var training = QualityReference.FeaturesOf(network, real.Training.First(RealPictures.MaxKept), cancellation);
        var tensors = new Dictionary<string, Tensor> { [QualityReference.HeldOutKey] = heldOut, [QualityReference.TrainingKey] = training };
        foreach (var (name, value) in network.state_dict()) tensors[QualityReference.NetworkPrefix + name] = value;
        var metadata = new Dictionary<string, string>
        {
            ["dataset"] = data.Sha256,
            ["recipe"] = VersionFor(data).ToString(CultureInfo.InvariantCulture),
            [QualityReference.LabelsKey] = string.Join(' ', labels),
        };
        if (FeatureNetwork.IsReduced(data.Train.Shape)) metadata[QualityReference.SideKey] = data.Train.Shape.Side.ToString(CultureInfo.InvariantCulture);
        if (real.HeldOutLabels is not null)
        {
            var accuracy = network.Classify(heldOut).argmax(1).eq(Indexes(real.HeldOutLabels, labels)).to(ScalarType.Float64).mean();
            metadata[QualityReference.AccuracyKey] = accuracy.item<double>().ToString("F4", CultureInfo.InvariantCulture);
        }
        return SafeTensors.Write(tensors, metadata);
    }

    // A label that occurs only among the held-out pictures gets index -1, which the classifier never predicts.
    private static Tensor Indexes(byte[] labels, byte[] known) => tensor(labels.Select(label => (long)Array.IndexOf(known, label)).ToArray());
}
