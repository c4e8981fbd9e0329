using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Tests.Data;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_run_on_named_classes(AzuriteFixture azurite)
{
    private static readonly string[] Names = ["top", "upper", "lower", "bottom"];
    private static readonly TrainingOptions Small = new()
    {
        Preset = Preset.Compact,
        Precision = Precision.Fp32,
        Dataset = TrainingBench.Bars,
        Conditional = true,
        Epochs = 2,
        ImagesPerEpoch = 4,
        BatchSize = 2,
        QualitySamples = 20,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keeps_its_original_names_when_it_is_resumed()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.Container.NameClassesAsync(TrainingBench.Bars, Names);
        var request = await bench.StartAsync("named", Small with { Epochs = 1 });
        await bench.TrainToTheEndAsync(request);
        await bench.Container.NameClassesAsync(TrainingBench.Bars, "a", "b", "c", "d");
        await bench.Runs.UpdateAsync("named", row =>
        {
            (row.TargetEpochs, row.Phase) = (2, Phase.Queued);
            return true;
        }, Cancellation);

        await bench.TrainToTheEndAsync(request, onOtherWorkers: true);

        var checkpoints = await bench.Checkpoints.ListAsync("named", Cancellation);
        Assert.Equal(2, checkpoints.Count);
        foreach (var checkpoint in checkpoints)
        {
            var file = await bench.Checkpoints.ReadAsync("named", checkpoint.Generator, Cancellation);
            Assert.Equal("""["top","upper","lower","bottom"]""", MetadataOf(file)["labelNames"]);
            using var generator = NetworkState.LoadGenerator(file, averaged: true);
            Assert.Equal("top (0), upper (1), lower (2), bottom (3)", generator.Classes.ToString());
        }
        var row = (await bench.Runs.FindAsync("named", Cancellation))!;
        Assert.Equal([.. Names.Select((name, label) => new ClassLabel(label, name))], row.Classes!);
    }

    [Fact]
    public async Task Measures_them_by_name()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.Container.NameClassesAsync(TrainingBench.Bars, Names);

        await bench.TrainToTheEndAsync(await bench.StartAsync("conditional", Small with { Epochs = 1 }, measured: true));
        await bench.TrainToTheEndAsync(await bench.StartAsync("unconditional", Small with { Epochs = 1, Conditional = false }, measured: true));

        foreach (var run in (string[])["conditional", "unconditional"])
        {
            Assert.Equal(Names, (await bench.LatestAsync(run)).Quality!.Classes!.Shares.Select(share => share.Name));
            Assert.Equal(Names, (await bench.Runs.FindAsync(run, Cancellation))!.Quality!.Classes!.Shares.Select(share => share.Name));
        }
        Assert.Null((await bench.Runs.FindAsync("unconditional", Cancellation))!.Classes);
    }

    [Fact]
    public async Task Never_has_names_if_it_began_without()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.TrainToTheEndAsync(await bench.StartAsync("whole", Small, measured: true));
        var request = await bench.StartAsync("cut", Small with { Epochs = 1 }, measured: true);
        await bench.TrainToTheEndAsync(request);
        await bench.Container.NameClassesAsync(TrainingBench.Bars, Names);
        await bench.Runs.UpdateAsync("cut", row =>
        {
            (row.TargetEpochs, row.Phase, row.OptionsJson) = (2, Phase.Queued, OptionsReader.Write(row.Options with { Epochs = 2 }));
            return true;
        }, Cancellation);

        await bench.TrainToTheEndAsync(request, onOtherWorkers: true);

        var (whole, cut) = (await bench.LatestAsync("whole"), await bench.LatestAsync("cut"));
        Assert.Equal((whole.Generator, whole.Training), (cut.Generator, cut.Training));
        Assert.Equal((whole with { Run = "cut" }).Write().ToString(), cut.Write().ToString());
        Assert.DoesNotContain("\"name\"", cut.Write().ToString(), StringComparison.Ordinal); // as an earlier version wrote it
        var file = await bench.Checkpoints.ReadAsync("cut", cut.Generator, Cancellation);
        Assert.Equal(["architecture", "batch_norm_epsilon", "labels"], MetadataOf(file).Keys.Order(StringComparer.Ordinal));
        using var generator = NetworkState.LoadGenerator(file, averaged: true);
        Assert.Equal("0, 1, 2, 3", generator.Classes.ToString());
    }

    [Fact]
    public void Whose_names_do_not_fit_into_a_row_stores_none_there()
    {
        var names = new ClassLabels([.. Enumerable.Range(0, 256).Select(label => (byte)label)], [.. Enumerable.Repeat(new string('ä', 100), 256)]);
        var row = new RunRow();

        row.SetClasses(names);

        Assert.Null(row.Classes);
        row.SetClasses(new ClassLabels([0, 7]));
        Assert.Equal([new ClassLabel(0, null), new ClassLabel(7, null)], row.Classes!);
    }

    private static Dictionary<string, string> MetadataOf(byte[] file)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        return SafeTensors.Read(file).Metadata;
    }
}
