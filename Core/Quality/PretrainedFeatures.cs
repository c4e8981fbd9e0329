using GanFunctions.Core.Memory;
using GanFunctions.Core.Pictures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Quality;

/// <summary>
/// The 128 principal components of the features of a network that was trained on ImageNet, for the training pictures of a data set. They are not centred, so
/// that the length of the features tells how small their differences are, and scaled to a mean variance of one. Pictures are enlarged or reduced to
/// 64x64. Grey pictures pass as colour pictures, transparent ones on grey.
/// </summary>
internal sealed class PretrainedFeatures : FeatureNetwork
{
    internal const string ProjectionWeight = "projection.weight";

    private static readonly Scalar SmallestVariance = 1e-6.ToScalar(); // of pictures that are all the same

    private readonly PretrainedNetwork _network = new();
    private readonly Linear projection;

    /// <summary>Creates a network whose projection and classifier the caller learns or loads.</summary>
    /// <param name="classes">Number of classes; 0 creates a network without a classifier.</param>
    /// <exception cref="FileNotFoundException">The folder of the app lacks the pretrained network.</exception>
    public PretrainedFeatures(int classes)
    {
        projection = nn.Linear(PretrainedNetwork.Size, FeatureSize, hasBias: false);
        RegisterComponents();
        AddClassifier(classes);
    }

    /// <inheritdoc/>
    public override int BatchSize => 32;

    /// <remarks>Measured: 0.08 for one picture with noise of two grey levels, 0.29 for white bars, 0.7 for emoji.</remarks>
    /// <inheritdoc/>
    internal override double Noise => 0.1;

    /// <param name="input">Pictures, <c>[batch, channels, side, side]</c> in [-1, 1].</param>
    /// <returns>Features, <c>[batch, 128]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return projection.call(_network.Run(Prepared(input))).MoveToOuterDisposeScope();
    }

    /// <summary>Learns the principal components of pictures.</summary>
    /// <returns>Their features, <c>[count, 128]</c>.</returns>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public Tensor LearnProjection(PictureSelection pictures, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var all = InBatches(pictures, batch => _network.Run(Prepared(batch)), cancellation);
        var (mean, covariance) = FrechetDistance.MomentsOf(all);
        var (_, directions) = linalg.eigh(covariance.addr(mean, mean)); // in ascending order; a direction is a column
        var weight = directions.narrow(1, PretrainedNetwork.Size - FeatureSize, FeatureSize).t();
        var meanVariance = weight.mm(covariance).mul(weight).sum().Over(FeatureSize).clamp_min(SmallestVariance);
        projection.weight!.copy_(weight / meanVariance.sqrt());
        return projection.call(all).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _network.Dispose();
        base.Dispose(disposing);
    }

    // [batch, channels, side, side] in [-1, 1] to [batch, 3, 64, 64] from 0 to 255
    private static Tensor Prepared(Tensor input)
    {
        var (channels, side) = (input.shape[1], (int)input.shape[3]);
        var colour = channels switch
        {
            1 => input.expand(-1, 3, -1, -1),
            4 => input.narrow(1, 0, 3).Plus(input.narrow(1, 3, 1).Minus(1).Over(-2)), // premultiplied colours, and as much grey as alpha leaves
            _ => input,
        };
        var resized = side > MaxSide ? nn.functional.avg_pool2d(colour, side / MaxSide)
            : side < MaxSide ? nn.functional.interpolate(colour, [MaxSide, MaxSide], mode: InterpolationMode.Bilinear, align_corners: false)
            : colour;
        return resized.Plus(1).Times(127.5);
    }
}
