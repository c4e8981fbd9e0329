using System.Text.Json.Nodes;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Checkpoints;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Runs;

public sealed class A_search_for_a_checkpoint_to_start_from(AzuriteFixture azurite)
{
    private const int End = Commits.StepsPerEpoch;
    private static readonly TrainingOptions Small = new() { Preset = Preset.Compact, WidthMultiplier = NetworkFamilies.MinWidth, Dataset = TrainingBench.Bars };

    // The contents of each checkpoint's two files.
    private static readonly (int Epoch, int Step, byte Generator, byte Training)[] Stored = [(1, End, 1, 11), (2, End, 2, 12), (3, 5, 3, 13)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, null, null, 3)] // the latest one, within an epoch
    [InlineData(1, null, null, 1)]
    [InlineData(2, null, null, 2)]
    [InlineData(3, 3, null, 3)] // within an epoch, but named by its hash
    [InlineData(null, 2, null, 2)]
    [InlineData(null, null, 11, 1)]
    [InlineData(2, 2, 12, 2)]
    public async Task Finds_the_newest_that_is_named(int? epoch, int? generator, int? training, int found)
    {
        using var bench = await CreateAsync();

        var initial = await bench.FindAsync(new(Commits.Run, epoch, HashOf(generator), HashOf(training)));

        Assert.Equal(new(Commits.Run, found, HashOf(found), HashOf(10 + found)), initial.From);
        Assert.Equal([(byte)found], initial.Generator);
        Assert.Equal([(byte)(10 + found)], initial.Training!);
    }

    [Theory]
    [InlineData(3, null, null, "initFrom.epoch: 3 is not valid; it must be an epoch of the run run with a checkpoint: 1-2.")]
    [InlineData(4, 1, 11, "initFrom.epoch: 4 is not valid; it must be an epoch of the run run with a checkpoint: 1-2.")]
    [InlineData(2, 1, null, "initFrom.generator: \"{1}\" is not valid; that checkpoint has another SHA-256; leave it out to take it as it is.")]
    [InlineData(null, 9, null, "initFrom.generator: \"{9}\" is not valid; that checkpoint has another SHA-256; leave it out to take it as it is.")]
    [InlineData(2, 2, 11, "initFrom.training: \"{11}\" is not valid; that state is no longer stored; leave it out, and the discriminator starts afresh.")]
    public async Task Names_what_no_checkpoint_has(int? epoch, int? generator, int? training, string problem)
    {
        using var bench = await CreateAsync();
        foreach (var named in (int?[])[generator, training])
            problem = problem.Replace($"{{{named}}}", HashOf(named), StringComparison.Ordinal);

        Assert.Equal(problem, await ProblemAsync(bench, new(Commits.Run, epoch, HashOf(generator), HashOf(training))));
    }

    [Fact]
    public async Task Names_the_runs_that_have_a_checkpoint()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("fresh", Small);
        Assert.Equal("initFrom.run: \"none\" is not valid; there is no such run. No run has a checkpoint yet.", await ProblemAsync(bench, new("none")));

        foreach (var number in Enumerable.Range(0, 11))
        {
            await bench.StartAsync($"trained-{number}", Small);
            await bench.ChangeAsync($"trained-{number}", row => (row.Checkpoint, row.CreatedAt) = ("000-00001-000010", DateTimeOffset.UnixEpoch.AddDays(number)));
        }
        var trained = "trained-10, trained-9, trained-8, trained-7, trained-6, trained-5, trained-4, trained-3, trained-2, trained-1";
        Assert.Equal(
            $"initFrom.run: \"none\" is not valid; there is no such run. Runs with a checkpoint: {trained}, and older ones.", await ProblemAsync(bench, new("none")));
        Assert.Equal(
            $"initFrom.run: \"fresh\" is not valid; it has no checkpoint yet. Runs with a checkpoint: {trained}, and older ones.",
            await ProblemAsync(bench, new("fresh")));

        await bench.ChangeAsync("trained-10", row => row.Phase = Phase.Deleting);
        Assert.Equal(
            $"initFrom.run: \"trained-10\" is not valid; there is no such run. Runs with a checkpoint: {trained["trained-10, ".Length..]}, trained-0.",
            await ProblemAsync(bench, new("trained-10")));
    }

    [Fact]
    public async Task Needs_the_generator_of_an_epoch_but_not_its_training_state()
    {
        using var bench = await CreateAsync();
        await DeleteAsync(bench, 1);
        await DeleteAsync(bench, 12);

        Assert.Equal(
            "initFrom.epoch: 1 is not valid; its generator is no longer stored; it must be an epoch of the run run with a checkpoint: 2.",
            await ProblemAsync(bench, new(Commits.Run, 1)));
        var initial = await bench.FindAsync(new(Commits.Run, 2));
        Assert.Equal((new(Commits.Run, 2, HashOf(2)), null), (initial.From, initial.Training));
        Assert.StartsWith("initFrom.training: ", await ProblemAsync(bench, new(Commits.Run, 2, null, HashOf(12))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_an_older_one_where_the_latest_is_not_whole()
    {
        using var bench = await CreateAsync();
        await DeleteAsync(bench, 13);
        Assert.Equal(2, (await bench.FindAsync(new(Commits.Run))).From.Epoch);
        await DamageAsync(bench, 2);
        Assert.Equal(1, (await bench.FindAsync(new(Commits.Run))).From.Epoch);
        Assert.Equal(
            "initFrom.epoch: 2 is not valid; its checkpoint is damaged; it must be an epoch of the run run with a checkpoint: 1-2.",
            await ProblemAsync(bench, new(Commits.Run, 2)));

        await DamageAsync(bench, 11);
        Assert.Equal("initFrom.run: \"run\" is not valid; none of its checkpoints is intact.", await ProblemAsync(bench, new(Commits.Run)));
        Assert.Null((await bench.FindAsync(new(Commits.Run, 1))).Training);
    }

    [Theory]
    [InlineData(Preset.Compact, 64, "compact")]
    [InlineData(Preset.Dcgan, 0, "dcgan")]
    [InlineData(Preset.Tutorial, 0, "dcgan")]
    public async Task Finds_the_networks_of_a_run(Preset preset, int hiddenUnits, string expected)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync("source", Small with { Preset = preset, HiddenUnits = hiddenUnits });

        var networks = await bench.Initial.FindNetworksAsync(JsonNode.Parse("{ \"initFrom\": { \"run\": \"source\" } }")!.AsObject(), Cancellation);

        Assert.Equal(
            (3, expected, NetworkFamilies.MinWidth, hiddenUnits),
            (networks.Count, (string?)networks["preset"], (double)networks["widthMultiplier"]!, (int)networks["hiddenUnits"]!));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{ \"initFrom\": \"source\" }")]
    [InlineData("{ \"initFrom\": { \"run\": 1 } }")]
    [InlineData("{ \"initFrom\": { \"run\": \"No/Id\" } }")]
    [InlineData("{ \"initFrom\": { \"run\": \"nobody\" } }")]
    public async Task Finds_no_networks_without_a_run(string given)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        Assert.Empty(await bench.Initial.FindNetworksAsync(JsonNode.Parse(given)!.AsObject(), Cancellation));
    }

    [Theory]
    [InlineData(28, 1, 0.25, null)]
    [InlineData(28, 1, 0.25, "pictures are 28x28x1: The checkpoint lacks the tensor discriminator.hidden.weight. ", 256)]
    [InlineData(32, 1, 0.25, "pictures are 32x32x1: its networks are compact-28x28x1-w0.25, and the run needs compact-32x32x1-w0.25. ")]
    [InlineData(28, 3, 0.25, "pictures are 28x28x3: its networks are compact-28x28x1-w0.25, and the run needs compact-28x28x3-w0.25. ")]
    [InlineData(28, 1, 0.5, "pictures are 28x28x1: its networks are compact-28x28x1-w0.25, and the run needs compact-28x28x1-w0.5. ")]
    [InlineData(null, 1, 0.5, null)] // which is not known yet
    [InlineData(28, null, 0.5, null)]
    [InlineData(20, 1, 0.25, null)] // for which the preset has no networks: that is a problem of the preset
    public void Tells_whether_the_weights_fit_the_run(int? side, int? channels, double width, string? mismatch, int hiddenUnits = 0)
    {
        using var networks = new GanNetworks(Small, Precision.Fp32, new(1, 0), PictureShape.Mnist, ClassLabels.None);
        var (generator, training) = NetworkState.Save(networks, Small.Norm, 1);
        var data = new DatasetInfo("more", "", true, 60, 0, 2, side, side, channels, null, "");

        var problems = Fit(new(new("source"), generator, training), Small with { WidthMultiplier = width, HiddenUnits = hiddenUnits }, data);

        IEnumerable<string> expected = mismatch is null ? [] :
        [
            $"initFrom.run: \"source\" is not valid with the data set more, whose {mismatch}"
                + "It must be a run on pictures of the same size and channels, with the same networks, widthMultiplier and hiddenUnits.",
        ];
        Assert.Equal(expected, problems.SelectMany(each => each.Value));
    }

    [Theory]
    [InlineData(3, null)]
    [InlineData(1, null)] // too few classes, which is a problem of the data set
    [InlineData(3, "0 4 9")]
    public void Does_not_need_the_same_classes(int classes, string? labels)
    {
        using var networks = new GanNetworks(Small with { Conditional = true }, Precision.Fp32, new(1, 0), PictureShape.Mnist, new ClassLabels([0, 1]));
        var (generator, training) = NetworkState.Save(networks, Small.Norm, 1);
        var data = new DatasetInfo("more", "", true, 60, 0, classes, 28, 28, 1, null, "", Labels: labels?.Split(' ').Select(int.Parse).ToList());

        Assert.Empty(Fit(new(new("source"), generator, training), Small with { Conditional = true }, data));
    }

    private static SortedDictionary<string, string[]> Fit(InitialCheckpoint initial, TrainingOptions options, DatasetInfo data)
    {
        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        InitialCheckpoints.CheckFit(initial, options, data, problems);
        return problems;
    }

    private async Task<TrainingBench> CreateAsync()
    {
        var bench = await TrainingBench.CreateAsync(azurite);
        await bench.StartAsync(Commits.Run, Small);
        foreach (var (epoch, step, generator, training) in Stored) await bench.CommitAsync(epoch, step, [generator], [training]);
        return bench;
    }

    private static async Task<string> ProblemAsync(TrainingBench bench, InitFrom given)
    {
        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        Assert.Null(await bench.Initial.FindAsync(given, problems, Cancellation));
        var (field, problem) = Assert.Single(problems);
        Assert.StartsWith($"{field}: ", problem[0], StringComparison.Ordinal);
        return Assert.Single(problem);
    }

    private static Task DeleteAsync(TrainingBench bench, int content) =>
        bench.Container.DeleteBlobAsync(RunPaths.Blob(Commits.Run, HashOf(content)!), cancellationToken: Cancellation);

    private static Task DamageAsync(TrainingBench bench, int content) =>
        bench.Container.GetBlobClient(RunPaths.Blob(Commits.Run, HashOf(content)!)).UploadAsync(new BinaryData([99]), overwrite: true, Cancellation);

    private static string? HashOf(int? content) => content is { } given ? BlobReference.Of([(byte)given]).Sha256 : null;
}
