using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Tests.Data;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Training;

public sealed class Options_for_a_data_set(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(2, 0, null, 2, 0)]
    [InlineData(45, 5, null, 45, 0)]
    [InlineData(45, 5, 40, 40, 0)]
    [InlineData(50, 50, null, 50, 2000)]
    [InlineData(63, 7, null, 63, 0)]
    [InlineData(64, 7, null, 64, 0)]
    [InlineData(249, 28, null, 64, 0)]
    [InlineData(250, 28, null, 64, 2000)]
    [InlineData(1000, 100, 40, 40, 2000)]
    [InlineData(1000, 100, 5000, 64, 2000)]
    public void Default_to_values_that_fit(int train, int test, int? imagesPerEpoch, int batchSize, int qualitySamples)
    {
        var options = OptionsReader.Read(new JsonObject { ["imagesPerEpoch"] = imagesPerEpoch }, Data(train, test));

        Assert.Equal((batchSize, qualitySamples), (options.BatchSize, options.QualitySamples));
        Assert.InRange(options.StepsPerEpoch(train), 1, train);
    }

    [Theory]
    [InlineData(45, 1)] // too small to be measured
    [InlineData(159, 1)]
    [InlineData(250, 8)]
    [InlineData(1999, 2)]
    [InlineData(2000, 1)]
    [InlineData(2000, 5, 10_000)]
    public void Default_to_measurements_that_take_less_time_than_training(int train, int every, int? samples = null)
    {
        var given = new JsonObject();
        if (samples is not null) given["qualitySamples"] = samples;

        Assert.Equal(every, OptionsReader.Read(given, Data(train, 10)).QualityEvery);
        given["qualityEvery"] = 3;
        Assert.Equal(3, OptionsReader.Read(given, Data(train, 10)).QualityEvery);
    }

    [Theory]
    [InlineData(1000, 3, 63)]
    [InlineData(50, 4, 48)]
    public void Default_to_a_batch_that_splits_between_the_workers(int train, int workers, int batchSize) =>
        Assert.Equal(batchSize, OptionsReader.Read(new JsonObject { ["workers"] = workers }, Data(train, 50)).BatchSize);

    [Fact]
    public void Keep_the_values_that_the_user_gave_if_they_work()
    {
        var options = OptionsReader.Read(new JsonObject { ["batchSize"] = 45, ["qualitySamples"] = 0 }, Data(45, 5));

        Assert.Equal((45, 0), (options.BatchSize, options.QualitySamples));
    }

    [Theory]
    [InlineData(46)]
    [InlineData(1024)]
    public void Are_refused_if_the_training_would_refuse_them(int batchSize)
    {
        var given = new JsonObject { ["batchSize"] = batchSize };

        Assert.Equal(["batchSize"], Assert.Throws<OptionsException>(() => OptionsReader.Read(given, Data(45, 5))).Problems.Keys);
        Assert.Throws<RunRefusedException>(() => OptionsReader.Read(given).StepsPerEpoch(45));
    }

    [Fact]
    public async Task That_is_not_downloaded_yet_fit_its_published_size()
    {
        var mnist = await Catalogs.Over(azurite.NewContainer()).GetAsync("mnist", TestContext.Current.CancellationToken);

        var options = OptionsReader.Read(new JsonObject { ["batchSize"] = 1024, ["conditional"] = true }, mnist);

        Assert.Equal((58, 2000), (options.StepsPerEpoch(mnist!.Train!.Value), options.QualitySamples));
    }

    [Theory]
    [InlineData(28)]
    [InlineData(128)]
    public void Default_to_the_compact_networks(int side)
    {
        var options = OptionsReader.Read([], Data(1000, 100, side));

        Assert.Equal((Preset.Compact, 64), (options.Preset, options.BatchSize));
        Assert.Equal(options, OptionsReader.Read(JsonNode.Parse(OptionsReader.Write(options))!.AsObject(), Data(1000, 100, side)));
    }

    [Theory]
    [InlineData(159, true, true, 0.000265)]
    [InlineData(500, true, true, 0.000833)]
    [InlineData(501, false, true, 0.000835)]
    [InlineData(20_000, false, true, 0.033333)]
    [InlineData(20_001, false, false, 0.033335)]
    [InlineData(500, true, true, 0.000833, 128)]
    [InlineData(20_000, false, true, 0.033333, 128)]
    public void Augment_small_sets_and_reduce_the_learning_rate_by_pictures(int train, bool changed, bool translated, double decay, int side = 64)
    {
        var options = OptionsReader.Read([], Data(train, 100, side));

        Assert.Equal((changed, translated, changed, false), (options.AugmentColor, options.AugmentTranslation, options.AugmentCutout, options.Flip));
        Assert.Equal(decay, options.LearningRateDecay);
        foreach (var name in (string[])["augmentColor", "augmentTranslation", "augmentCutout"])
            Assert.False((bool)JsonNode.Parse(OptionsReader.Write(OptionsReader.Read(new JsonObject { [name] = false }, Data(train, 100, side))))![name]!);
    }

    [Theory]
    [InlineData(28, 256, 2000, null)]
    [InlineData(28, 1024, 2000, 256)]
    [InlineData(28, 256, 800_000, 86)]
    [InlineData(32, 312, 2000, null)]
    [InlineData(32, 313, 2000, 157)]
    [InlineData(64, 128, 2000, null)]
    [InlineData(64, 300, 2000, 100)]
    [InlineData(128, 1024, 2000, 64)]
    [InlineData(128, 1024, 40_000, 57)]
    public void Split_a_batch_that_needs_too_much_memory(int side, int batchSize, int pictures, int? microBatchSize)
    {
        var options = OptionsReader.Read(new JsonObject { ["batchSize"] = batchSize }, Data(pictures, 100, side));

        Assert.Equal(microBatchSize, options.MicroBatchSize);
        Assert.Equal(options, OptionsReader.Read(new JsonObject { ["batchSize"] = batchSize, ["microBatchSize"] = null }, Data(pictures, 100, side)));
    }

    [Theory]
    [InlineData("{ \"microBatchSize\": 137 }", 64, "microBatchSize: 137 is not valid for pictures of 64x64; it must be a whole number from 2 to 136, which the memory of an instance allows.")]
    [InlineData("{ \"preset\": \"tutorial\", \"batchSize\": 268 }", 28, "batchSize: 268 is not valid for the tutorial preset and pictures of 28x28; "
        + "it must be a whole number from 2 to 267, which the memory of an instance allows.")]
    public void Refuse_what_needs_too_much_memory(string given, int side, string message)
    {
        var problems = Assert.Throws<OptionsException>(() => OptionsReader.Read(JsonNode.Parse(given)!.AsObject(), Data(2000, 100, side))).Problems;

        Assert.Equal(message, Assert.Single(problems.Values.Single()));
    }

    [Fact]
    public void Refuse_a_preset_without_networks_for_their_size()
    {
        var problem = Assert.Throws<OptionsException>(() => OptionsReader.Read(new JsonObject { ["preset"] = "dcgan" }, Data(1000, 100, side: 128))).Problems;

        Assert.Equal("preset: \"dcgan\" is not valid for pictures of 128x128x1; it must be \"compact\".", Assert.Single(problem["preset"]));
    }

    [Theory]
    [InlineData(false, 0, null)]
    [InlineData(true, 2, null)]
    [InlineData(true, 1, "A conditional run needs at least two different labels; the data set few has 1.")]
    public void Refuse_conditional_training_without_classes(bool conditional, int classes, string? message)
    {
        var refusal = Record.Exception(() => new TrainingOptions { Conditional = conditional }.CheckClasses("few", classes));

        Assert.Equal(message, (refusal as RunRefusedException)?.Message);
    }

    private static DatasetInfo Data(int train, int test, int side = 28) => new("few", "stored", true, train, test, 2, side, side, 1, "", "");
}
