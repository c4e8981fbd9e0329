using System.Text.Json;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Quality;

public sealed class The_measures
{
    private static readonly RunRandom Random = new(1, 0);

    [Fact]
    public void Find_the_Frechet_distance_of_uncorrelated_normal_distributions()
    {
        using var scope = NewDisposeScope();
        var first = (tensor([1.0, -2, 0]), diag(tensor([4.0, 9, 0.25])));
        var second = (tensor([3.0, -2, 1]), diag(tensor([1.0, 16, 0])));

        // (m1 - m2)² and (s1 - s2)² along each axis
        Assert.Equal(4 + 0 + 1 + 1 + 1 + 0.25, FrechetDistance.Between(first, second), 12);
    }

    [Fact]
    public void Find_the_Frechet_distance_of_correlated_normal_distributions()
    {
        using var scope = NewDisposeScope();
        var (first, second) = (tensor(new[,] { { 2.0, 1 }, { 1, 3 } }), tensor(new[,] { { 1.0, -0.5 }, { -0.5, 4 } }));

        // Of a 2x2 matrix M with positive eigenvalues, tr M^½ = (tr M + 2 (det M)^½)^½; here tr S1 S2 = 13 and det S1 S2 = 5 * 3.75.
        var expected = 5 + 5 - 2 * Math.Sqrt(13 + 2 * Math.Sqrt(5 * 3.75));
        Assert.Equal(expected, FrechetDistance.Between((zeros(2, float64), first), (zeros(2, float64), second)), 12);
    }

    [Fact]
    public void Find_the_Frechet_distance_of_samples()
    {
        using var scope = NewDisposeScope();
        var (first, second) = (Normals(100_000, 3, index: 0), Normals(100_000, 3, index: 1).Times(2).Plus(1));

        Assert.InRange(FrechetDistance.Between(first, second), 5.9, 6.1); // 3 * (1² + (2 - 1)²)
    }

    [Fact]
    public void Find_a_distance_of_zero_between_a_set_and_itself()
    {
        using var scope = NewDisposeScope();
        var set = Normals(500, 128, index: 0).Times(10);

        Assert.Equal(0, FrechetDistance.Between(set, set), 6);
    }

    [Fact]
    public void Find_the_kernel_distance_of_four_numbers()
    {
        using var scope = NewDisposeScope();
        var (first, second) = (tensor([0.0, 1]).unsqueeze(1), tensor([2.0, 3]).unsqueeze(1));

        // Kernel values (xy + 1)³: 1 within the first set, 7³ within the second, and 1, 1, 3³, 4³ between them
        Assert.Equal(1 + 343 - 2 * (1 + 1 + 27 + 64) / 4.0, KernelDistance.Between(first, second), 12);
    }

    [Fact]
    public void Find_the_kernel_distance_of_normal_distributions()
    {
        using var scope = NewDisposeScope();
        var (first, second) = (Normals(20_000, 1, index: 0), Normals(20_000, 1, index: 1).Plus(1));

        // E(xy + 1)³ from the moments 0, 1, 0 of the first distribution and 1, 2, 4 of the second: 4 within the first, 32 within the second, 7 between
        Assert.InRange(KernelDistance.Between(first, second), 21, 23);
        Assert.InRange(KernelDistance.Between(first, Normals(20_000, 1, index: 2)), -0.1, 0.1);
    }

    [Fact]
    public void Find_the_variety_of_three_points_and_of_identical_points()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(4, Variety.Of(tensor(new[,] { { 0.0, 0 }, { 3, 0 }, { 0, 4 } })), 12); // 3, 4 and 5 apart
        Assert.Equal(0, Variety.Of(full(100, 128, 7, float64)), 12);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1e-3, null)]
    [InlineData(2e-2, 50.0)]
    public void Find_no_variety_relative_to_pictures_that_are_nearly_identical(double spread, double? expected)
    {
        using var scope = NewDisposeScope();
        var (generated, noise) = (Normals(500, 128, index: 0), Normals(500, 128, index: 1));
        var real = noise.Times(spread).Plus(full(1, 128, 1, float64));

        var variety = Variety.Of(generated, real, noise: 0.01);

        Assert.Equal(expected is null, variety is null);
        if (expected is { } ratio) Assert.Equal(ratio, variety!.Value, tolerance: 1);
    }

    [Fact]
    public void Find_the_manifolds_of_five_numbers()
    {
        using var scope = NewDisposeScope();
        var (generated, real) = (tensor([1.5, 2.5, 3.5, 30, 40]).unsqueeze(1), tensor([0.0, 1, 2, 3, 10]).unsqueeze(1));

        // To the third neighbour, real balls reach 3, 2, 2, 3 and 9, generated ones 28.5, 27.5, 26.5, 27.5 and 37.5; of five numbers there is
        // no fifth neighbour, and to the fourth real balls reach 10, 9, 8, 7 and 10, with three of the generated numbers in each.
        Assert.Equal((3.0 / 5, 1, 5 * 3 / (4 * 5.0), 1), Manifolds.Compare(generated, real));
    }

    [Fact]
    public void Find_manifolds_in_blocks_like_those_of_all_rows_at_once()
    {
        using var scope = NewDisposeScope();
        var (generated, real) = (Normals(700, 4, index: 0).Times(0.7), Normals(800, 4, index: 1)[..700]);

        var (precision, recall, density, coverage) = Manifolds.Compare(generated, real);

        Tensor To(Tensor from, Tensor to) => from.unsqueeze(1).Plus(to.unsqueeze(0).neg()).Squared().sum(2).sqrt(); // [from, to]
        Tensor Radii(Tensor set, int neighbour) => To(set, set).sort(1).Values.narrow(1, neighbour, 1);     // [set, 1]; the first is the row itself
        var distances = To(real, generated);
        double Mean(Tensor flags) => flags.to(float64).mean().item<double>();
        Assert.Equal(Mean(distances.le(Radii(real, 3)).any(0)), precision, 12);
        Assert.Equal(Mean(distances.le(Radii(generated, 3).t()).any(1)), recall, 12);
        Assert.Equal(Mean(distances.le(Radii(real, 5))) * 700 / 5, density, 12);
        Assert.Equal(Mean(distances.le(Radii(real, 5)).any(1)), coverage, 12);
        Assert.True(precision > recall + 0.1, $"{precision} and {recall}, though the generated numbers are nearer to zero");
    }

    [Fact]
    public void Find_missing_kinds_of_pictures_by_recall_and_coverage_and_unreal_pictures_by_precision_and_density()
    {
        using var scope = NewDisposeScope();
        var (left, right, far) = (Normals(400, 8, index: 0), Normals(400, 8, index: 1) + 100, Normals(400, 8, index: 2) - 100);
        var both = cat([left[..200], right[..200]]);

        var (precision, recall, density, coverage) = Manifolds.Compare(left, both); // one of two kinds
        Assert.InRange(precision, 0.9, 1);
        Assert.InRange(recall, 0.4, 0.5);
        Assert.InRange(density, 0.8, 1.2);
        Assert.InRange(coverage, 0.4, 0.5);
        Assert.Equal((0.0, 0, 0, 0), Manifolds.Compare(far, both));
    }

    [Fact]
    public void Find_pictures_that_are_all_the_same_on_their_own_manifold()
    {
        using var scope = NewDisposeScope();
        var one = Normals(1, 128, index: 0).expand(50, 128);

        var (precision, recall, _, coverage) = Manifolds.Compare(one, one);
        Assert.Equal((1.0, 1, 1), (precision, recall, coverage));
    }

    [Fact]
    public void Are_read_as_an_earlier_version_stored_them()
    {
        const string stored = """
            { "samples": 2000, "frechetDistance": 21.4, "kernelDistance": 0.03, "floor": 1.2, "kernelFloor": 0, "variety": 0.9, "ruler": "5f0c", "classes": null }
            """;

        var quality = JsonSerializer.Deserialize<PictureQuality>(stored, Json.Document)!;

        Assert.Equal((21.4, null), (quality.FrechetDistance, quality.Precision));
        Assert.Equal(quality, JsonSerializer.Deserialize<PictureQuality>(JsonSerializer.Serialize(quality, Json.Document), Json.Document));
    }

    [Fact]
    public void Count_classes_and_find_their_entropy_and_confidence()
    {
        using var scope = NewDisposeScope();
        var sure = eye(3) * 1000;
        var drawn = cat([sure[0..1], sure[0..1], sure[1..2], tensor([0f, MathF.Log(2), 0]).unsqueeze(0)]); // classes 0, 0, 1 and, with probability one half, 1

        var coverage = ClassCoverage.Of(drawn, sure, [3, 5, 8], accuracy: 0.99);

        Assert.Equal([(3, 0.5), (5, 0.5), (8, 0)], coverage.Shares.Select(share => (share.Label, share.Generated)));
        Assert.All(coverage.Shares, share => Assert.Equal(0.33333, share.Real));
        Assert.Equal((0, 0.5), (coverage.RarestShare, coverage.LargestShare));
        Assert.Equal(Math.Log(2), coverage.Entropy, tolerance: 1e-5);
        Assert.Equal((1 + 1 + 1 + 0.5) / 4, coverage.Confidence, tolerance: 1e-5);
    }

    private static Tensor Normals(long count, long size, int index)
    {
        using var draw = Random.At(0, index, RandomPurpose.Sample);
        return randn([count, size], float64, generator: draw);
    }
}
