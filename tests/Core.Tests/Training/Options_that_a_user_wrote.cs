using System.Text.Json.Nodes;
using GanFunctions.Core.Model;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Training;

public sealed class Options_that_a_user_wrote
{
    [Fact]
    public void Are_the_defaults_if_nothing_is_given()
    {
        Assert.Equal(Presets.Of(Preset.Compact), OptionsReader.Read([]));
    }

    [Fact]
    public void Override_those_of_the_preset()
    {
        var options = OptionsReader.Read(new JsonObject { ["preset"] = "tutorial", ["epochs"] = 3 });

        Assert.Equal(3, options.Epochs);
        Assert.Equal(WeightScheme.Glorot, options.Weights);
        Assert.Equal(0.99, options.BatchNormMomentum);
    }

    [Fact]
    public void Are_refused_with_all_problems_at_once()
    {
        var given = new JsonObject { ["epochs"] = 0, ["batchSize"] = "many", ["epoch"] = 5, ["preset"] = "dcgna", ["colour"] = true, ["conditional"] = "yes" };

        var problems = Assert.Throws<OptionsException>(() => OptionsReader.Read(given)).Problems;

        Assert.Equal(["batchSize", "colour", "conditional", "epoch", "epochs", "preset"], problems.Keys);
        Assert.Equal("epochs: 0 is not valid; it must be a whole number from 1 to 99999.", problems["epochs"].Single());
        Assert.Equal("batchSize: \"many\" is not valid; it must be a whole number from 2 to 1024.", problems["batchSize"].Single());
        Assert.Equal("epoch is not an option; did you mean epochs?", problems["epoch"].Single());
        Assert.Equal("preset: \"dcgna\" is not valid; it must be one of dcgan, tutorial, compact.", problems["preset"].Single());
        Assert.Equal("conditional: \"yes\" is not valid; it must be true or false.", problems["conditional"].Single());
        Assert.StartsWith("colour is not an option; the options are adamEpsilon, augmentColor", problems["colour"].Single());
    }

    [Theory]
    [InlineData("seed", "1.5")]
    [InlineData("seed", "-1")]
    [InlineData("seed", "9007199254740992")]
    [InlineData("learningRate", "0")]
    [InlineData("learningRate", "1e400")]
    [InlineData("dataset", "\"My Pictures\"")]
    [InlineData("dataset", "null")]
    [InlineData("weights", "1")]
    [InlineData("maxSliceSeconds", "[240]")]
    public void Are_refused_when_out_of_range_or_of_another_type(string name, string value)
    {
        var given = new JsonObject { [name] = JsonNode.Parse(value) };

        Assert.Equal([name], Assert.Throws<OptionsException>(() => OptionsReader.Read(given)).Problems.Keys);
    }

    [Fact]
    public void Lower_the_learning_rate_with_each_epoch_whatever_their_number()
    {
        var options = new TrainingOptions { LearningRate = 6e-4, LearningRateDecay = 0.5 };

        Assert.Equal([6e-4, 4e-4, 3e-4], new[] { 0, 1, 2 }.Select(epochs => Math.Round(options.LearningRateAt(epochs), 10)));
        Assert.Equal(options.LearningRateAt(1.5), (options with { Epochs = 1000 }).LearningRateAt(1.5));
    }

    [Fact]
    public void Are_refused_when_an_epoch_does_not_fill_a_batch()
    {
        var problems = Assert.Throws<OptionsException>(() => OptionsReader.Read(new JsonObject { ["imagesPerEpoch"] = 64, ["batchSize"] = 128 })).Problems;

        Assert.Equal("imagesPerEpoch: 64 is not valid; it must be at least batchSize, which is 128.", problems["imagesPerEpoch"].Single());
    }

    [Theory]
    [InlineData(3, 128)]
    [InlineData(16, 16)]
    public void Are_refused_when_a_batch_does_not_split_between_the_workers(int workers, int batchSize)
    {
        var given = new JsonObject { ["workers"] = workers, ["batchSize"] = batchSize };

        var problems = Assert.Throws<OptionsException>(() => OptionsReader.Read(given)).Problems;

        Assert.Equal(
            $"workers: {workers} is not valid; batchSize, which is {batchSize}, must be a multiple of it, with at least 2 pictures for each worker.",
            problems["workers"].Single());
    }

    [Fact]
    public void Are_refused_when_too_few_pictures_are_to_be_measured()
    {
        Assert.Equal(0, OptionsReader.Read(new JsonObject { ["qualitySamples"] = 0 }).QualitySamples);

        var problems = Assert.Throws<OptionsException>(() => OptionsReader.Read(new JsonObject { ["qualitySamples"] = 99 })).Problems;

        Assert.Equal(
            "qualitySamples: 99 is not valid; it must be 0 to disable the measurement, or a whole number from 100 to 10000.",
            problems["qualitySamples"].Single());
    }

    [Fact]
    public void Are_refused_when_patience_is_set_but_quality_is_not_measured()
    {
        var problems = Assert.Throws<OptionsException>(() => OptionsReader.Read(new JsonObject { ["patience"] = 3, ["qualitySamples"] = 0 })).Problems;

        Assert.Equal(
            "patience: 3 is not valid; it must be null if qualitySamples is 0, because epochs are then not measured.", problems["patience"].Single());
    }

    [Theory]
    [InlineData("\"first\"", "initFrom", "initFrom: \"first\" is not valid; it must be an object such as {\"run\": \"first\", \"epoch\": 3}, in which epoch may be left out.")]
    [InlineData("{}", "initFrom.run", "initFrom.run: null is not valid; it must be text that matches [a-z0-9-]{1,40}.")]
    [InlineData("""{"run": "first", "epoch": 0}""", "initFrom.epoch", "initFrom.epoch: 0 is not valid; it must be a whole number from 1 to 99999.")]
    [InlineData("""{"run": "first", "epcoh": 1}""", "initFrom.epcoh", "initFrom.epcoh is not a field here; valid are run, epoch, generator, training.")]
    [InlineData("""{"run": "first", "generator": "x"}""", "initFrom.generator", "initFrom.generator: \"x\" is not valid; it must be text that matches [0-9a-f]{64}.")]
    public void Are_refused_when_the_checkpoint_to_start_from_is_none(string value, string field, string message)
    {
        var problems = Assert.Throws<OptionsException>(() => OptionsReader.Read(new JsonObject { ["initFrom"] = JsonNode.Parse(value) })).Problems;

        Assert.Equal((field, message), (problems.Single().Key, problems.Single().Value.Single()));
    }

    [Fact]
    public void Round_trip_through_storage()
    {
        var options = Presets.Of(Preset.Tutorial) with
        {
            ImagesPerEpoch = 1000,
            Seed = 9_007_199_254_740_991,
            OnDivergence = DivergencePolicy.RollBack,
            InitFrom = new("first", 3, new string('a', 64)),
        };

        Assert.Equal(options, OptionsReader.Read(JsonNode.Parse(OptionsReader.Write(options))!.AsObject()));
    }
}
