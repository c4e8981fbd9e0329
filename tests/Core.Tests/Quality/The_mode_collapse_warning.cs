using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;


namespace GanFunctions.Core.Tests.Quality;

public sealed class The_mode_collapse_warning
{
    private static readonly double[] Even = [0.3, 0.3, 0.2, 0.2];

    [Fact]
    public void Names_the_classes_that_are_hardly_ever_generated()
    {
        Assert.Equal(
            ["Mode collapse: after epoch 7, 2 of 4 classes are missing or rare (1: 1.0% instead of 30.0%, 3: 0.0% instead of 20.0%)."],
            ModeCollapse.WarningsOf(7, Quality([0.6, 0.01, 0.39, 0])));
    }

    [Fact]
    public void Uses_the_names_of_the_classes()
    {
        Assert.Equal(
            ["Mode collapse: after epoch 7, 2 of 4 classes are missing or rare (cats: 0.1% instead of 30.0%, 3: 0.0% instead of 20.0%)."],
            ModeCollapse.WarningsOf(7, Quality([0.6, 0.001, 0.399, 0]).WithNames(new([0, 1, 2], ["birds", "cats", "dogs"]))));
    }

    [Fact]
    public void Ignores_classes_that_are_only_less_frequent_or_are_rare_among_real_pictures_too()
    {
        Assert.Empty(ModeCollapse.WarningsOf(3, Quality([0.7, 0.1, 0.1, 0.1])));
        Assert.Empty(ModeCollapse.WarningsOf(3, Quality(Even, real: [0.5, 0.3, 0.199, 0.001]) with { Samples = 2000 }));
    }

    // 8 of 300 pictures: 5.3 of 200 samples, 10.7 of 400. With three classes, 5.7 are needed to tell that a class is missing.
    [Theory]
    [InlineData(200, 0, "After epoch 3, 200 quality samples are too few to tell whether 1 of 3 classes are missing or rare (2: 0.0% instead of 2.7%): "
        + "only 5.3 pictures of the rarest are expected, and 5.7 are needed.")]
    [InlineData(400, 0, "Mode collapse: after epoch 3, 1 of 3 classes are missing or rare (2: 0.0% instead of 2.7%).")]
    [InlineData(400, 2, "Mode collapse: after epoch 3, 1 of 3 classes are missing or rare (2: 0.5% instead of 2.7%).")]
    [InlineData(400, 3, null)]
    [InlineData(200, 2, null)]
    public void Tells_a_rare_class_that_is_missing_from_one_with_too_few_samples(int samples, int drawn, string? expected)
    {
        var share = (double)drawn / samples;

        var warnings = ModeCollapse.WarningsOf(3, Quality([0.5, 0.5 - share, share], real: [0.49, 0.4833, 0.0267]) with { Samples = samples });

        Assert.Equal(expected is null ? [] : [expected], warnings);
    }

    [Fact]
    public void Names_the_classes_that_are_not_found_among_the_held_out_pictures_either()
    {
        Assert.Equal(
            ["After epoch 3, the held-out pictures are too few to tell whether 1 of 3 classes are missing (2): "
                + "the classifier assigns no held-out picture to them."],
            ModeCollapse.WarningsOf(3, Quality([0.5, 0.5, 0], real: [0.5, 0.5, 0])));
        Assert.Empty(ModeCollapse.WarningsOf(3, Quality([0.5, 0.49, 0.01], real: [0.5, 0.5, 0])));
    }

    /// <summary>Samples the classes with their real frequencies 1,000 times: at most 1% of the samples get a warning.</summary>
    [Theory]
    [InlineData(10, 1000)]
    [InlineData(40, 250)]
    public void Is_rarely_wrong_about_a_faithful_generator(int classes, int samples)
    {
        var random = new Random(1);
        var even = Enumerable.Repeat(1.0 / classes, classes).ToArray();

        var wrong = Enumerable.Range(0, 1000).Count(_ =>
        {
            var drawn = new double[classes];
            for (var sample = 0; sample < samples; sample++) drawn[random.Next(classes)] += 1.0 / samples;
            return ModeCollapse.WarningsOf(3, Quality(drawn, even) with { Samples = samples })
                .Any(warning => warning.StartsWith("Mode collapse", StringComparison.Ordinal));
        });

        Assert.InRange(wrong, 0, 10);
    }

    [Fact]
    public void Says_from_the_first_epoch_that_the_pictures_of_the_data_set_are_nearly_identical()
    {
        Assert.Equal(
            ["The pictures of the data set are nearly identical, so the variety of the generated pictures cannot be measured."],
            ModeCollapse.WarningsOf(1, Quality(Even) with { Classes = null, Variety = null }));
    }

    [Fact]
    public void Uses_the_variety_if_there_are_no_classes_or_the_classifier_is_inaccurate()
    {
        var same = Quality([1, 0, 0, 0]) with { Variety = 0.254 };
        string[] expected = ["Mode collapse: after epoch 3, the variety of the pictures is 25% of that of real pictures."];

        Assert.Equal(expected, ModeCollapse.WarningsOf(3, same with { Classes = null }));
        Assert.Equal(expected, ModeCollapse.WarningsOf(3, same with { Classes = same.Classes! with { Accuracy = 0.6 } }));
        Assert.Empty(ModeCollapse.WarningsOf(3, same with { Classes = null, Variety = 0.8 }));
    }

    [Fact]
    public void Ignores_the_first_two_epochs()
    {
        Assert.Empty(ModeCollapse.WarningsOf(2, Quality([1, 0, 0, 0])));
        Assert.NotEmpty(ModeCollapse.WarningsOf(3, Quality([1, 0, 0, 0])));
    }

    [Fact]
    public void Becomes_a_divergence_when_good_pictures_collapse_to_one_class()
    {
        var (good, fallen) = (new BestEpoch(4, 100, 0.3, ""), Quality([0.99, 0.01, 0, 0]) with { FrechetDistance = 500 });

        Assert.Equal(
            "the pictures have collapsed to one class; the Fréchet distance is 500 in epoch 5, up from 100 in epoch 4", Judge(good, fallen));
        Assert.Null(Judge(null, fallen));                             // was never good: no collapse
        Assert.Null(Judge(good, fallen with { FrechetDistance = 150 }));
        Assert.Null(Judge(good, Quality([0.9, 0.1, 0, 0]) with { FrechetDistance = 500 }));
    }

    // Measured after the first and second epochs on MNIST, seed 42: mean losses, largest share, distance. After the first, there are no digits yet.
    [Theory]
    [InlineData(Preset.Dcgan, 1, 1.401, 3.494, 0.864, 0.446, 0.964, 777.5)]
    [InlineData(Preset.Dcgan, 2, 0.783, 2.645, 0.717, 0.177, 0.372, 181.2)]
    [InlineData(Preset.Tutorial, 1, -1.635, 0.137, 0.995, 0.045, 0.99, 783.2)]
    [InlineData(Preset.Tutorial, 2, -1.296, 2.524, 0.987, 0.063, 0.434, 386)]
    public void Does_not_report_measured_first_epochs_as_divergence(
        Preset preset, int epoch, double discriminator, double generator, double real, double fake, double largest, double distance)
    {
        var (best, quality) = (epoch == 1 ? null : new BestEpoch(1, 780, 0.96, ""), Quality([largest, 1 - largest, 0, 0]) with { FrechetDistance = distance });

        Assert.Null(Divergence.Of(Presets.Of(preset), epoch, 468, new StepLosses(discriminator, generator, real, fake), best, quality));
        Assert.Empty(ModeCollapse.WarningsOf(epoch, quality));
    }

    private static string? Judge(BestEpoch? best, PictureQuality quality) =>
        Divergence.Of(new TrainingOptions(), 5, 468, new StepLosses(1, 1, 0.6, 0.4), best, quality);

    private static PictureQuality Quality(double[] generated, double[]? real = null) => new(
        2000, FrechetDistance: 100, KernelDistance: 1, Baseline: 5, KernelBaseline: 0, Variety: 1, Reference: "",
        new ClassCoverage(Accuracy: 0.99, Entropy: 1, Confidence: 0.9, [.. generated.Zip(real ?? Even, (drawn, held) => new { drawn, held })
            .Select((share, label) => new ClassShare(label, share.drawn, share.held))]));
}
