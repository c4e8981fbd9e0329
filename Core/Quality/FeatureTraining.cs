using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>Trains the network of a quality reference, or only its classifier.</summary>
internal static class FeatureTraining
{
    private const int BatchSize = 128;
    private const int Passes = 3;
    private const int MinSteps = 100;         // a small data set gets more passes
    private const int ClassifierSteps = 300;
    private const double ClassifierLearningRate = 1e-2;
    private const double WeightDecay = 1e-3;
    private const double LearningRate = 2e-3; // cosine decay to zero, which makes three passes enough

    /// <summary>Trains the network as a classifier, with Adam over random batches, every picture once in each pass.</summary>
    /// <param name="network">The network.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="classes">Index of the class of each picture, <c>[count]</c> int64.</param>
    /// <param name="random">Decides on the order of the pictures.</param>
    /// <param name="cancellation">Cancels the training.</param>
    public static void Run(
        FeatureNetwork network, PictureSelection pictures, Tensor classes, RunRandom random, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        Parameter[] parameters = [.. network.parameters()];
        using var optimiser = new AdamOptimiser(parameters, beta1: 0.9, beta2: 0.999, epsilon: 1e-8);
        var batch = Math.Min(BatchSize, pictures.Count);
        var stepsPerPass = pictures.Count / batch;
        var steps = stepsPerPass * Math.Max(Passes, (MinSteps + stepsPerPass - 1) / stepsPerPass);
        Tensor? order = null;
        for (var step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (step % stepsPerPass == 0)
            {
                order?.Dispose();
                using var draw = random.At(step / stepsPerPass + 1, 0, RandomPurpose.ReferenceShuffle);
                order = randperm(pictures.Count, generator: draw);
            }
            using var stepScope = NewDisposeScope();
            optimiser.LearningRate = RateAt(step, stepsPerPass, steps);
            foreach (var parameter in parameters) parameter.grad = null;
            var chosen = order!.narrow(0, (long)(step % stepsPerPass) * batch, batch);
            // Large pictures pass in parts, which bounds the memory; their gradients add up to those of the batch.
            for (var start = 0L; start < batch; start += network.BatchSize)
            {
                using var partScope = NewDisposeScope();
                var part = chosen.narrow(0, start, Math.Min(network.BatchSize, batch - start));
                var logits = network.Classify(network.call(Pixels.Normalize(pictures.Batch(part))));
                nn.functional.cross_entropy(logits, classes.index_select(0, part)).Times((double)part.shape[0] / batch).backward();
            }
            optimiser.Step();
        }
    }

    /// <summary>Trains only the classifier: multinomial logistic regression with weight decay, by Adam over all pictures at once.</summary>
    /// <param name="network">The network.</param>
    /// <param name="features">Features of pictures, <c>[count, 128]</c>.</param>
    /// <param name="classes">Index of the class of each picture, <c>[count]</c> int64.</param>
    /// <param name="cancellation">Cancels the training.</param>
    public static void RunClassifier(FeatureNetwork network, Tensor features, Tensor classes, CancellationToken cancellation)
    {
        Parameter[] parameters = [.. network.ClassifierParameters()];
        using var optimiser = new AdamOptimiser(parameters, beta1: 0.9, beta2: 0.999, epsilon: 1e-8);
        for (var step = 0; step < ClassifierSteps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            optimiser.LearningRate = ClassifierLearningRate * (1 + Math.Cos(Math.PI * step / ClassifierSteps)) / 2;
            foreach (var parameter in parameters) parameter.grad = null;
            var decay = parameters.Select(parameter => parameter.Squared().sum()).Aggregate((one, two) => one.Plus(two)).Times(WeightDecay);
            nn.functional.cross_entropy(network.Classify(features), classes).Plus(decay).backward();
            optimiser.Step();
        }
    }

    private static double RateAt(int step, int stepsPerPass, int steps)
    {
        var progress = (step / stepsPerPass + (double)(step % stepsPerPass) / stepsPerPass) / ((double)steps / stepsPerPass);
        return LearningRate * (1 + Math.Cos(Math.PI * progress)) / 2;
    }
}
