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

    /// <summary>Builds the file; null if the data set is too small. Uses the torch threads of the calling thread.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="cancellation">Cancels the build.</param>
    /// <param name="pretext">How to train without labels; null keeps the random weights. For comparisons.</param>
    /// <exception cref="OperationCanceledException">The build was cancelled.</exception>
    public static byte[]? Build(Dataset data, CancellationToken cancellation, PretextTask? pretext = null)
    {
        using var scope = NewDisposeScope();
        if (RealPictures.Of(data) is not { } real) return null;
        var random = new RunRandom(Seed, 0);
        byte[] labels = [.. real.TrainingLabels?.Distinct().Order() ?? Enumerable.Empty<byte>()];
        using var network = new FeatureNetwork(data.Train.Shape, labels.Length);
        using (var draw = random.At(0, 0, RandomPurpose.ReferenceWeights)) WeightInitialisation.Initialise(network, WeightScheme.Glorot, draw);
        if (real.TrainingLabels is not null)
            FeatureTraining.WithLabels(network, real.Training, Indexes(real.TrainingLabels, labels), random, cancellation);
        else
            pretext?.Invoke(network, real.Training, random, cancellation);

        using var noGradient = no_grad();
        var heldOut = QualityReference.FeaturesOf(network, real.HeldOut, cancellation);
        var kept = real.Training with { Indexes = real.Training.Indexes[..Math.Min(real.Training.Count, RealPictures.MaxKept)] };
        var training = QualityReference.FeaturesOf(network, kept, cancellation);
        var tensors = new Dictionary<string, Tensor> { [QualityReference.HeldOutKey] = heldOut, [QualityReference.TrainingKey] = training };
        foreach (var (name, value) in network.state_dict()) tensors[QualityReference.NetworkPrefix + name] = value;
        var metadata = new Dictionary<string, string>
        {
            ["dataset"] = data.Sha256,
            ["recipe"] = Version.ToString(CultureInfo.InvariantCulture),
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
