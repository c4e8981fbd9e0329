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
    [InlineData(127, 14, null, 127, 0)]
    [InlineData(128, 14, null, 128, 0)]
    [InlineData(249, 28, null, 128, 0)]
    [InlineData(250, 28, null, 128, 2000)]
    [InlineData(1000, 100, 64, 64, 2000)]
    [InlineData(1000, 100, 5000, 128, 2000)]
    public void Default_to_values_that_fit(int train, int test, int? imagesPerEpoch, int batchSize, int qualitySamples)
    {
        var options = OptionsReader.Read(new JsonObject { ["imagesPerEpoch"] = imagesPerEpoch }, Data(train, test));

        Assert.Equal((batchSize, qualitySamples), (options.BatchSize, options.QualitySamples));
        Assert.InRange(options.StepsPerEpoch(train), 1, train);
    }

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

    private static DatasetInfo Data(int train, int test) => new("few", "stored", true, train, test, 2, 28, 28, 1, "", "");
}
