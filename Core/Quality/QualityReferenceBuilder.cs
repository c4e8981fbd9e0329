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
