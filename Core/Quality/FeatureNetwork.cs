using GanFunctions.Core.Pictures;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// The feature extractor and classifier of a quality reference. Maps pictures, <c>[batch, channels, side, side]</c> in [-1, 1], to features,
/// <c>[batch, 128]</c>, and features to class logits. Pictures above 64x64 are reduced to that by averaging, which bounds time and memory.
/// </summary>
public abstract class FeatureNetwork : nn.Module<Tensor, Tensor>
{
    /// <summary>Number of features of a picture.</summary>
    public const int FeatureSize = 128;

    /// <summary>Largest side that is not reduced.</summary>
    internal const int MaxSide = 64;

    private Linear? _head;

    /// <summary>Creates a network without a classifier.</summary>
    protected FeatureNetwork() : base(nameof(FeatureNetwork))
    {
    }

    /// <summary>
    /// Number of pictures to pass at a time, forwards or backwards. It affects the rounding of the results, because the batch size selects
    /// the kernels.
    /// </summary>
    public abstract int BatchSize { get; }

    /// <summary>What the noise of a compression can make of the mean distance between the features of two pictures, relative to their mean norm.</summary>
    internal abstract double Noise { get; }

    /// <summary>Maps features, <c>[batch, 128]</c>, to logits, <c>[batch, classes]</c>.</summary>
    /// <exception cref="InvalidOperationException">The network has no classifier.</exception>
    public Tensor Classify(Tensor features) => (_head ?? throw new InvalidOperationException("The network has no classifier.")).call(features);

    /// <summary>The weights of the classifier; none without classes.</summary>
    internal IEnumerable<Parameter> ClassifierParameters() => _head?.parameters() ?? [];

    /// <summary>Features of pictures, <c>[count, 128]</c>, without gradients.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    internal Tensor FeaturesOf(PictureSelection pictures, CancellationToken cancellation) => InBatches(pictures, call, cancellation);

    /// <summary>Maps pictures a batch at a time, without gradients.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="map">Maps <c>[batch, channels, side, side]</c> in [-1, 1] to <c>[batch, size]</c>.</param>
    /// <param name="cancellation">Cancels the work.</param>
    /// <returns>The results, <c>[count, size]</c>.</returns>
    private protected Tensor InBatches(PictureSelection pictures, Func<Tensor, Tensor> map, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var results = new List<Tensor>();
        for (var start = 0; start < pictures.Count; start += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            using var batchScope = NewDisposeScope();
            var batch = pictures.Batch(start, Math.Min(BatchSize, pictures.Count - start));
            results.Add(map(Pixels.Normalize(batch)).MoveToOuterDisposeScope());
        }
        return cat(results).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the classifier, whose weights the caller initialises or loads. It comes last, because the initialisation depends on the order of the layers.</summary>
    /// <param name="classes">Number of classes; 0 for no classifier.</param>
    protected void AddClassifier(int classes)
    {
        if (classes == 0) return;
        _head = nn.Linear(FeatureSize, classes);
        register_module("head", _head);
    }
}
