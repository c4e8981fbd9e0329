using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Training;

/// <summary>The steps of the presets, beside steps that are written as in the papers.</summary>
public sealed class The_arithmetic_of_a_step
{
    private const int Batch = 10;
    private const int Steps = 3;
    private const int Attempts = 3;

    // A large epsilon: with the usual one, Adam turns the rounding of a gradient near zero into a full step.
    private static readonly TrainingOptions Dcgan = Small(Preset.Dcgan);
    private static readonly TrainingOptions Compact = Small(Preset.Compact);
    private static readonly TrainingOptions Tutorial = Small(Preset.Tutorial);

    private static readonly Dictionary<string, (TrainingOptions Options, bool HasClasses)> Cases = new()
    {
        ["a penalty of the real pictures"] = (Dcgan with { GradientPenalty = 3, GradientPenaltyEvery = 2 }, false),
        ["a penalty of the generated pictures"] = (Dcgan with { GradientPenalty = 0, GeneratedGradientPenalty = 2, GradientPenaltyEvery = 3 }, false),
        ["no penalty"] = (Dcgan with { GradientPenalty = 0, EmaDecay = 0.2 }, false),
        ["classes"] = (Dcgan, true),
        ["other targets"] = (Dcgan with { LabelSmoothing = 0.2, LabelNoise = 0.1, Dropout = 0.3 }, true),
        ["the relativistic loss"] = (Compact with { GradientPenalty = 1, GeneratedGradientPenalty = 4, GradientPenaltyEvery = 2 }, true),
        ["the relativistic loss and changed pictures"] = (Compact with { AugmentTranslation = true, AugmentColor = true, Flip = true }, false),
        ["micro-batches"] = (Dcgan with { MicroBatchSize = 4, GradientPenaltyEvery = 2, Dropout = 0.3 }, true),
        ["micro-batches and the relativistic loss"] = (Compact with { MicroBatchSize = 4 }, false),
        ["the tutorial"] = (Tutorial, false),
        ["the tutorial with classes and smooth targets"] = (Tutorial with { LabelSmoothing = 0.1 }, true),
    };

    public static TheoryData<string> Names { get; } = [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Is_that_of_the_papers(string with) => await TrainingThread.RunAsync(threads: 1, () => Compare(with)); // sums are in the same order

    private static int Compare(string with)
    {
        var (options, hasClasses) = Cases[with];
        for (var step = 0; step < Steps; step++) // each from the start
        {
            // Rounding decides on which side of zero an activation lies that is near it, and then a whole part of the gradient differs: on one machine or
            // another, with some pictures, but not with all.
            List<string> differences = [];
            for (var seed = 0; seed < Attempts && (seed == 0 || differences.Count > 0); seed++) differences = Differences(options, hasClasses, step, seed);
            Assert.Empty(differences);
        }
        return Steps;
    }

    /// <summary>The weights that are not those of the papers.</summary>
    private static List<string> Differences(TrainingOptions options, bool hasClasses, int step, int seed)
    {
        using var scope = NewDisposeScope();
        var random = new RunRandom(5 + seed, 0);
        using var networks = New();
        using var others = New();
        using var start = New();
        using var textbook = new TextbookStep(options, others.Generator, others.Discriminator, 3 * step);
        networks.AverageSteps = 3 * step;
        LeaveAsAfterAnotherStep(networks);
        var draw = new StepRandom(random, 1, step);
        var real = Real(10 * seed + step, hasClasses);

        var (expected, losses) = options.Preset == Preset.Tutorial
            ? (textbook.RunTutorial(draw, real), TutorialStep.Run(networks, options, draw, real))
            : (textbook.Run(draw, real), GanStep.Run(networks, options, draw, real));

        Assert.Equal(expected.Discriminator, losses.Discriminator, 1e-4);
        Assert.Equal(expected.Generator, losses.Generator, 1e-4);
        Assert.Equal(expected.RealScore, losses.RealScore, 1e-5);
        Assert.Equal(expected.FakeScore, losses.FakeScore, 1e-5);
        Assert.All(networks.Average.parameters(), weight => Assert.False(weight.requires_grad));
        Assert.False(networks.Average.training);
        Assert.True(networks.AreFinite());
        return
        [
            .. Differences(others.Generator.state_dict(), networks.Generator.state_dict(), start.Generator.state_dict()),
            .. Differences(others.Discriminator.state_dict(), networks.Discriminator.state_dict(), start.Discriminator.state_dict()),
            .. Differences(textbook.Average, networks.Average.state_dict(), start.Average.state_dict()),
        ];

        GanNetworks New() => new(options, Precision.Fp32, random, new(28, 1), hasClasses ? new ClassLabels([0, 1, 2]) : ClassLabels.None);
    }

    [Fact]
    public void Starts_with_the_weights_of_the_DCGAN_paper()
    {
        using var scope = NewDisposeScope();
        using var networks = new GanNetworks(Presets.Of(Preset.Dcgan), Precision.Fp32, new(5, 0), new(28, 1), ClassLabels.None);

        foreach (var network in (nn.Module[])[networks.Generator, networks.Discriminator])
            Assert.All(network.parameters().Where(weight => weight.dim() == 4), weight => Assert.InRange(weight.std().item<float>(), 0.018, 0.022));
        foreach (var (name, average) in networks.Average.state_dict()) Assert.Equal(0, Distance(average, networks.Generator.state_dict()[name]));
    }

    [Fact]
    public void Is_not_finite_if_a_weight_of_either_network_is_not()
    {
        using var scope = NewDisposeScope();
        foreach (var choose in (Func<GanNetworks, nn.Module>[])[networks => networks.Generator, networks => networks.Discriminator])
        {
            using var networks = new GanNetworks(Dcgan, Precision.Fp32, new(5, 0), new(28, 1), ClassLabels.None);
            Assert.True(networks.AreFinite());
            using (no_grad()) choose(networks).parameters().Last()[0] = tensor(float.NaN);

            Assert.False(networks.AreFinite());
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.2, 2)] // 3 of 12
    [InlineData(0.5, 8)] // 9 of 18
    [InlineData(0.999, 8990)]
    public void Has_an_average_that_warms_up(double decay, long steps) => Assert.Equal(steps, GanNetworks.WarmUpSteps(decay));

    [Fact]
    public void Takes_each_picture_of_an_epoch_once_however_many_workers_there_are()
    {
        using var scope = NewDisposeScope();
        byte[] pixels = [.. Enumerable.Range(0, 24).Select(value => (byte)(10 * value))];
        var pictures = new ImageSet(pixels, [.. Enumerable.Range(0, 24).Select(value => (byte)(value % 2 == 0 ? 3 : 7))], 24, 1, 1);
        var random = new RunRandom(5, 0);
        using var whole = new EpochData(pictures, [3, 7], 8, random, 1, Shard.Whole);
        using var first = new EpochData(pictures, [3, 7], 8, random, 1, new(0, 2));
        using var second = new EpochData(pictures, [3, 7], 8, random, 1, new(1, 2));
        using var next = new EpochData(pictures, [], 8, random, 2, Shard.Whole);

        var all = Enumerable.Range(0, 3).SelectMany(step => ValuesOf(whole.Batch(step))).ToList();

        Assert.Equal(Enumerable.Range(0, 24), all.Order());
        Assert.NotEqual(Enumerable.Range(0, 24), all);
        Assert.Equal(all, Enumerable.Range(0, 3).SelectMany(step => (int[])[.. ValuesOf(first.Batch(step)), .. ValuesOf(second.Batch(step))]));
        Assert.Equal(all.Take(8).Select(value => value % 2L), whole.Batch(0).Classes!.data<long>());
        Assert.Equal(8, whole.Batch(2).Size);
        Assert.Null(next.Batch(0).Classes);
        Assert.NotEqual(all.Take(8), ValuesOf(next.Batch(0)));

        static int[] ValuesOf(RealBatch batch) => [.. batch.Pictures.flatten().data<float>().Select(value => (int)Math.Round((value + 1) * 127.5 / 10))];
    }

    [Fact]
    public void Has_the_same_learning_rate_for_both_networks()
    {
        using var networks = new GanNetworks(Dcgan, Precision.Fp32, new(5, 0), new(28, 1), ClassLabels.None);

        networks.SetLearningRate(0.25);

        Assert.Equal((0.25, 0.25), (networks.GeneratorOptimiser.LearningRate, networks.DiscriminatorOptimiser.LearningRate));
    }

    // With gradients, and in the modes that a measurement needs.
    private static void LeaveAsAfterAnotherStep(GanNetworks networks)
    {
        foreach (var network in (nn.Module[])[networks.Generator, networks.Discriminator])
        {
            foreach (var parameter in network.parameters()) parameter.grad = ones_like(parameter);
            network.eval();
        }
        GanNetworks.SetGradients(networks.Discriminator, needed: false);
    }

    private static TrainingOptions Small(Preset preset) =>
        Presets.Of(preset) with { WidthMultiplier = NetworkFamilies.MinWidth, AdamEpsilon = 0.01, LearningRate = 0.002, GradientPenaltyEvery = 2 };

    private static RealBatch Real(int seed, bool hasClasses)
    {
        using var random = new torch.Generator((ulong)seed);
        var classes = hasClasses ? tensor(Enumerable.Range(0, Batch).Select(index => index % 3L).ToArray()) : null;
        return new(rand([Batch, 1, 28, 28], generator: random).Times(2).Minus(1), classes);
    }

    private static IEnumerable<string> Differences(IDictionary<string, Tensor> expected, IDictionary<string, Tensor> actual, IDictionary<string, Tensor> start)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (name, value) in expected)
        {
            var moved = Distance(value, start[name]);
            if (name.EndsWith("weight", StringComparison.Ordinal)) Assert.True(moved > 1e-5, $"{name} has not changed");
            var rounding = 1e-7 * value.to(ScalarType.Float64).norm().item<double>();
            var difference = Distance(value, actual[name]);
            if (!(difference <= 0.02 * moved + rounding)) yield return $"{name}: {difference} of {moved}"; // also if it is NaN
        }
    }

    private static double Distance(Tensor left, Tensor right) => TextbookStep.Difference(left.to(ScalarType.Float64), right.to(ScalarType.Float64)).norm().item<double>();
}
