using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>Candidates for training a feature network without labels.</summary>
internal static class PretextTasks
{
    private const int Steps = 100; // as many as a classifier gets at least

    /// <summary>No training: the weights stay random.</summary>
    public static void None(FeatureNetwork network, PictureSelection pictures, RunRandom random, CancellationToken cancellation)
    {
    }

    /// <summary>By how many quarter turns is the picture rotated? Gidaris et al. 2018, arXiv:1803.07728.</summary>
    public static void Rotation(FeatureNetwork network, PictureSelection pictures, RunRandom random, CancellationToken cancellation)
    {
        using var head = Head(4, random);
        var turns = arange(4, ScalarType.Int64).repeat_interleave(32);
        FeatureTraining.Train([.. network.parameters(), .. head.parameters()], pictures, 32, Steps, random, chosen =>
        {
            var x = Pixels.Normalize(pictures.Batch(chosen));
            var all = cat([.. Enumerable.Range(0, 4).Select(turn => rot90(x, turn, (2, 3)))]);
            nn.functional.cross_entropy(head.call(network.call(all)), turns).backward();
        }, cancellation);
    }

    /// <summary>Which two views are of the same picture? NT-Xent, Chen et al. 2020, arXiv:2002.05709.</summary>
    public static PretextTask Contrastive(double temperature, double strength) => (network, pictures, random, cancellation) =>
    {
        const int batch = 64;
        using var head = Head(64, random);
        var partners = cat([arange(batch, 2 * batch, ScalarType.Int64), arange(batch, ScalarType.Int64)]);
        var self = eye(2 * batch, dtype: ScalarType.Bool);
        var step = 0;
        FeatureTraining.Train([.. network.parameters(), .. head.parameters()], pictures, batch, Steps, random, chosen =>
        {
            using var draw = random.At(0, ++step, RandomPurpose.ReferenceWeights);
            var x = Pixels.Normalize(pictures.Batch(chosen));
            var views = Views.Of(cat([x, x]), draw, strength);
            var z = nn.functional.normalize(head.call(network.call(views)), dim: 1);
            var similarity = (z.mm(z.t()) / temperature).masked_fill(self, -1e9);
            nn.functional.cross_entropy(similarity, partners).backward();
        }, cancellation);
    };

    /// <summary>In which cluster of small pictures is the picture? One round of Caron et al. 2018, arXiv:1807.05520, from pixels.</summary>
    public static PretextTask Clusters(int count, double strength) => (network, pictures, random, cancellation) =>
    {
        var clusters = KMeans(Small(pictures), count, random);
        using var head = Head(count, random);
        var step = 0;
        FeatureTraining.Train([.. network.parameters(), .. head.parameters()], pictures, 128, Steps, random, chosen =>
        {
            using var draw = random.At(0, ++step, RandomPurpose.ReferenceWeights);
            var targets = clusters.index_select(0, chosen);
            for (var start = 0; start < 128; start += network.BatchSize)
            {
                using var scope = NewDisposeScope();
                var part = chosen.narrow(0, start, network.BatchSize);
                var x = Views.Of(Pixels.Normalize(pictures.Batch(part)), draw, strength);
                var loss = nn.functional.cross_entropy(head.call(network.call(x)), targets.narrow(0, start, network.BatchSize));
                (loss * (network.BatchSize / 128.0)).backward();
            }
        }, cancellation);
    };

    private static TorchSharp.Modules.Linear Head(int size, RunRandom random)
    {
        using var draw = random.At(0, 0, RandomPurpose.ReferenceShuffle);
        var head = nn.Linear(FeatureNetwork.FeatureSize, size);
        using var noGradient = no_grad();
        head.weight!.copy_(randn(head.weight.shape, generator: draw) / Math.Sqrt(FeatureNetwork.FeatureSize));
        head.bias!.zero_();
        return head;
    }

    private static Tensor Small(PictureSelection pictures)
    {
        var rows = new List<Tensor>();
        for (var start = 0; start < pictures.Count; start += 512)
        {
            using var scope = NewDisposeScope();
            var x = Pixels.Normalize(pictures.Batch(start, Math.Min(512, pictures.Count - start)));
            rows.Add(nn.functional.adaptive_avg_pool2d(x, [14, 14]).flatten(1).MoveToOuterDisposeScope());
        }
        return cat(rows);
    }

    private static Tensor KMeans(Tensor rows, int count, RunRandom random)
    {
        using var draw = random.At(0, 1, RandomPurpose.ReferenceShuffle);
        var centres = rows.index_select(0, randperm(rows.shape[0], generator: draw).narrow(0, 0, count)).clone();
        var nearest = zeros(rows.shape[0], ScalarType.Int64);
        for (var round = 0; round < 20; round++)
        {
            nearest = (centres.square().sum(1) - 2 * rows.mm(centres.t())).argmin(1);
            var sums = zeros_like(centres).index_add_(0, nearest, rows, 1);
            var sizes = nearest.bincount(weights: null, minlength: count).unsqueeze(1);
            centres = where(sizes.gt(0), sums / sizes.clamp_min(1), centres);
        }
        return nearest;
    }
}

/// <summary>Slightly changed pictures: shifted, scaled, rotated, and with other brightness and contrast of each channel.</summary>
internal static class Views
{
    /// <summary>A view of each picture, <c>[batch, channels, side, side]</c>.</summary>
    public static Tensor Of(Tensor pictures, torch.Generator draw, double strength)
    {
        if (strength == 0) return pictures;
        using var scope = NewDisposeScope();
        var count = pictures.shape[0];
        Tensor Uniform(double range, params long[] shape) => (rand(shape, generator: draw) * 2 - 1) * (range * strength);
        var (angle, scale, x, y) = (Uniform(0.25, count), 1 + Uniform(0.2, count), Uniform(0.15, count), Uniform(0.15, count));
        var (cos, sin) = (angle.cos() * scale, angle.sin() * scale);
        var theta = stack([cos, -sin, x, sin, cos, y], 1).view(count, 2, 3);
        var grid = nn.functional.affine_grid(theta, pictures.shape, false);
        var moved = nn.functional.grid_sample(pictures, grid, GridSampleMode.Bilinear, GridSamplePaddingMode.Border, false);
        var (gain, shift) = (1 + Uniform(0.3, count, pictures.shape[1], 1, 1), Uniform(0.2, count, pictures.shape[1], 1, 1));
        return (moved * gain + shift).MoveToOuterDisposeScope();
    }
}
