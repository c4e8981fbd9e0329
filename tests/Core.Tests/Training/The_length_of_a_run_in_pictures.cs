using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Training;

public sealed class The_length_of_a_run_in_pictures
{
    [Theory]
    [InlineData("""{"images": 200000}""", 4, null)]           // an epoch of 60,000 pictures trains 59,968, in batches of 64
    [InlineData("""{"images": 59968}""", 1, null)]
    [InlineData("""{"images": 59969}""", 2, null)]
    [InlineData("""{"images": 5000}""", 1, 5056)]
    [InlineData("""{"images": 5056}""", 1, 5056)]
    [InlineData("""{"images": 50}""", 1, 50)]                 // and a batch of 50
    [InlineData("""{"images": 1}""", 1, 2)]
    [InlineData("""{"images": 100, "batchSize": 32}""", 1, 128)]
    [InlineData("""{"images": 5000, "imagesPerEpoch": 1280}""", 4, 1280)]
    [InlineData("""{"images": 100, "imagesPerEpoch": 1280}""", 1, 1280)]
    [InlineData("""{"images": 5000, "imagesPerEpoch": null}""", 1, null)]
    public void Is_rounded_up_to_epochs_and_shortens_a_single_one(string given, int epochs, int? imagesPerEpoch)
    {
        var options = OptionsReader.Read(JsonNode.Parse(given)!.AsObject(), Data(60_000));

        Assert.Equal((epochs, imagesPerEpoch), (options.Epochs, options.ImagesPerEpoch));
        Assert.InRange((long)options.Epochs * options.StepsPerEpoch(60_000) * options.BatchSize, options.Images!.Value, long.MaxValue);
        Assert.Equal(options, OptionsReader.Read(JsonNode.Parse(OptionsReader.Write(options))!.AsObject(), Data(60_000))); // what it resolved to is valid
    }

    [Theory]
    [InlineData("""{"images": 200000, "epochs": 5}""",
        "images: 200000 and epochs: 5 are both given, and both set the length of the run; give one of them.")]
    [InlineData("""{"images": 0}""", "images: 0 is not valid; it must be a whole number from 1 to 10000000000.")]
    [InlineData("""{"images": 10000000000, "imagesPerEpoch": 1280}""",
        "images: 10000000000 is not valid; it must be a whole number from 1 to 127998720, the pictures in 99999 epochs.")]
    public void Is_refused_with_what_is_valid(string given, string message)
    {
        var problems = Assert.Throws<OptionsException>(() => OptionsReader.Read(JsonNode.Parse(given)!.AsObject(), Data(60_000))).Problems;

        Assert.Equal(("images", message), (problems.Single().Key, problems.Single().Value.Single()));
    }

    private static DatasetInfo Data(int train) => new("many", "stored", true, train, 10_000, 10, 28, 28, 1, "", "");
}
