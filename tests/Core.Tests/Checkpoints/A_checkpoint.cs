using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class A_checkpoint(AzuriteFixture azurite)
{
    private const string Run = Commits.Run;
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_found_again_with_its_files()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var committed = await CommitAsync(bench, epoch: 1);

        var loaded = await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation);

        Assert.Equal(committed, loaded!.Manifest);
        Assert.Equal(Content(1, "generator"), loaded.Generator);
        Assert.Equal(Content(1, "training"), loaded.Training);
    }

    [Theory]
    [InlineData("generator")]
    [InlineData("training")]
    public async Task With_one_byte_changed_is_logged_by_name_and_skipped(string file)
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await CommitAsync(bench, epoch: 1);
        var second = await CommitAsync(bench, epoch: 2);
        await DamageAsync(bench, file == "generator" ? second.Generator : second.Training);

        var loaded = await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation);

        Assert.Equal(1, loaded!.Manifest.Epoch);
        Assert.Contains(bench.Log.Lines, line => line.Contains($"damaged checkpoint {second.Name}", StringComparison.Ordinal));
        Assert.Equal([loaded.Manifest], await bench.Checkpoints.ListAsync(Run, Cancellation));
        Assert.Contains(loaded.Manifest.Name, await PointerAsync(bench), StringComparison.Ordinal);
        Assert.Equal(second, await CommitAsync(bench, epoch: 2)); // trained again, under the same names
        Assert.Equal(2, (await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation))!.Manifest.Epoch);
    }

    [Fact]
    public async Task Is_read_again_if_the_first_response_was_damaged()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await CommitAsync(bench, epoch: 1);
        var second = await CommitAsync(bench, epoch: 2);
        var options = new BlobClientOptions();
        options.AddPolicy(new FirstResponseDamaged(), HttpPipelinePosition.PerRetry);
        var container = new BlobServiceClient(azurite.ConnectionString, options).GetBlobContainerClient(bench.Container.Name);

        var checkpoints = new CheckpointStore(container, new Logger<CheckpointStore>(LoggerFactory.Create(logging => logging.AddProvider(bench.Log))));

        var loaded = await checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation);

        Assert.Equal(second, loaded!.Manifest);
        Assert.Equal(Content(2, "generator"), loaded.Generator);
        Assert.Equal(Content(2, "training"), loaded.Training);
        Assert.DoesNotContain(bench.Log.Lines, line => line.Contains("damaged checkpoint", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whose_generator_is_damaged_is_not_sampled_from()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await CommitAsync(bench, epoch: 1);
        var second = await CommitAsync(bench, epoch: 2);
        await DamageAsync(bench, second.Generator);

        Assert.Equal(1, (await bench.Checkpoints.LoadGeneratorAsync(Run, null, _ => false, Cancellation))!.Value.Manifest.Epoch);
        Assert.Null(await bench.Checkpoints.LoadGeneratorAsync(Run, 2, _ => false, Cancellation));
    }

    [Fact]
    public async Task Is_found_if_a_crash_prevented_the_pointer_update()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await CommitAsync(bench, epoch: 1);
        var pointer = bench.Container.GetBlobClient(RunPaths.Latest(Run));
        var before = await PointerAsync(bench);
        var second = await CommitAsync(bench, epoch: 2);
        await pointer.UploadAsync(new BinaryData(before), overwrite: true, Cancellation); // as after a crash between writing the manifest and the pointer

        Assert.Equal(second, (await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation))!.Manifest);
        Assert.Contains(second.Name, await PointerAsync(bench), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_found_if_the_pointer_is_damaged()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var committed = await CommitAsync(bench, epoch: 1);
        await bench.Container.GetBlobClient(RunPaths.Latest(Run)).UploadAsync(new BinaryData("{\"name\": "), overwrite: true, Cancellation);

        Assert.Equal(committed, (await bench.Checkpoints.LoadGeneratorAsync(Run, null, _ => false, Cancellation))!.Value.Manifest);
        Assert.Equal(committed, (await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation))!.Manifest);
        Assert.Contains(bench.Log.Lines, line => line.Contains("damaged latest.json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whose_manifest_names_another_checkpoint_is_skipped()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await CommitAsync(bench, epoch: 1);
        var second = await CommitAsync(bench, epoch: 2);
        var changed = (second with { Step = 9 }).Write(); // one digit
        await bench.Container.GetBlobClient(RunPaths.Manifest(Run, second.Name)).UploadAsync(changed, overwrite: true, Cancellation);

        Assert.Equal(1, (await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation))!.Manifest.Epoch);
        Assert.Contains(bench.Log.Lines, line => line.EndsWith($"claims to be checkpoint 000-00002-000009 of run {Run}.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_none_if_all_are_damaged_and_nothing_points_to_one()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        foreach (var epoch in new[] { 1, 2 }) await DamageAsync(bench, (await CommitAsync(bench, epoch)).Training);

        Assert.Null(await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation));

        Assert.Empty(await bench.Checkpoints.ListAsync(Run, Cancellation));
        Assert.False(await bench.Container.GetBlobClient(RunPaths.Latest(Run)).ExistsAsync(Cancellation));
    }

    [Fact]
    public async Task In_mid_epoch_is_not_used_after_a_roll_back()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var end = await CommitAsync(bench, epoch: 1);
        var middle = await CommitAsync(bench, epoch: 2, step: 5);

        Assert.Equal(middle, (await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation))!.Manifest);
        Assert.Equal(end, (await bench.Checkpoints.LoadForTrainingAsync(Run, 1, _ => false, Cancellation))!.Manifest);
    }

    [Fact]
    public async Task That_two_workers_commit_is_that_of_the_first()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        var commits = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => CommitAsync(bench, epoch: 1, content: $"of worker {worker}")));

        Assert.Single(commits.Distinct());
        Assert.Equal(commits[0], (await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation))!.Manifest);
    }

    [Fact]
    public async Task Does_not_move_the_pointer_back()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await CommitAsync(bench, epoch: 2);
        await CommitAsync(bench, epoch: 1);

        Assert.Equal(2, (await bench.Checkpoints.LoadGeneratorAsync(Run, null, _ => false, Cancellation))!.Value.Manifest.Epoch);
    }

    [Fact]
    public async Task Of_the_newest_epoch_is_pointed_to_when_workers_commit_several_at_once()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);

        await Task.WhenAll(Enumerable.Range(1, 12).Select(epoch => CommitAsync(bench, epoch)));

        Assert.Contains("000-00012-000010", await PointerAsync(bench), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_newer_format_is_refused_by_name_and_left_unchanged()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        await CommitAsync(bench, epoch: 1);
        var newer = bench.Container.GetBlobClient(RunPaths.Manifest(Run, "000-00002-000010"));
        await newer.UploadAsync(new BinaryData("""{"format": 2, "everything": "else is different"}"""), Cancellation);

        var refusal = await Assert.ThrowsAsync<NewerFormatException>(() => bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation));

        Assert.Contains("000-00002-000010.json has format 2", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await bench.Checkpoints.LoadGeneratorAsync(Run, null, _ => false, Cancellation))!.Value.Manifest.Epoch);
        Assert.True(await newer.ExistsAsync(Cancellation));
    }

    [Fact]
    public async Task Keeps_its_generator_when_its_training_state_is_collected()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var commits = new List<Manifest>();
        foreach (var (epoch, step) in new[] { (1, 5), (1, 10), (2, 10), (3, 4), (3, 8), (3, 10), (4, 3), (4, 6) })
        {
            commits.Add(await CommitAsync(bench, epoch, content: $"after step {step}", step));
            await bench.Checkpoints.CollectAsync(commits[^1], keep: 2, Cancellation);
        }

        var names = (await bench.Checkpoints.ListAsync(Run, Cancellation)).Select(manifest => manifest.Name);
        Assert.Equal(["000-00001-000010", "000-00002-000010", "000-00003-000010", "000-00004-000003", "000-00004-000006"], names);
        var files = await bench.Checkpoints.ListFilesAsync(Run, Cancellation);
        Assert.Equal(
            [.. commits.Where(commit => names.Contains(commit.Name)).Select(commit => commit.Generator.Sha256),
             .. commits.Where(commit => names.Contains(commit.Name) && commit.Epoch > 1).Select(commit => commit.Training.Sha256)],
            files.ToHashSet());
        Assert.NotNull(await bench.Checkpoints.LoadGeneratorAsync(Run, 1, _ => false, Cancellation));
        var removals = bench.Log.Lines.Where(line => line.Contains("removed the expired files", StringComparison.Ordinal));
        Assert.Equal(["1", "2", "1"], removals.Select(line => line.Split(' ')[^2])); // each checkpoint once
        // A rollback resumes from the last complete epoch whose training state is kept.
        Assert.Equal("000-00003-000010", (await bench.Checkpoints.LoadForTrainingAsync(Run, 1, _ => false, Cancellation))!.Manifest.Name);
    }

    [Fact]
    public async Task That_a_crash_left_behind_is_collected_later()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var first = await CommitAsync(bench, epoch: 1);
        await CommitAsync(bench, epoch: 2);
        var last = await CommitAsync(bench, epoch: 3);

        await bench.Checkpoints.CollectAsync(last, keep: 1, Cancellation);

        var files = await bench.Checkpoints.ListFilesAsync(Run, Cancellation);
        Assert.Equal((4, false), (files.Count, files.Contains(first.Training.Sha256)));
    }

    [Fact]
    public async Task That_was_collected_while_a_slow_worker_read_it_does_not_count_as_damaged()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var first = await CommitAsync(bench, epoch: 1);
        Manifest? last = null;

        // The other worker commits between this one's listing and its reading.
        var loaded = await bench.Checkpoints.LoadForTrainingAsync(Run, 0, manifest =>
        {
            if (manifest != first || last is not null) return false;
            last = Task.Run(async () =>
            {
                await CommitAsync(bench, epoch: 2);
                var third = await CommitAsync(bench, epoch: 3);
                await bench.Checkpoints.CollectAsync(third, keep: 1, Cancellation);
                return third;
            }, Cancellation).GetAwaiter().GetResult();
            return false;
        }, Cancellation);

        Assert.Equal(last, loaded!.Manifest);
        Assert.NotNull(await bench.Checkpoints.LoadGeneratorAsync(Run, 1, _ => false, Cancellation));
    }

    private static Task<Manifest> CommitAsync(TrainingBench bench, int epoch, string content = "", int step = Commits.StepsPerEpoch) =>
        bench.CommitAsync(epoch, step, Content(epoch, "generator" + content), Content(epoch, "training" + content));

    private static async Task<string> PointerAsync(TrainingBench bench) =>
        (await bench.Container.GetBlobClient(RunPaths.Latest(Run)).DownloadContentAsync(Cancellation)).Value.Content.ToString();

    private static byte[] Content(int epoch, string file) =>
        [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * epoch)), .. System.Text.Encoding.ASCII.GetBytes(file)];

    private static async Task DamageAsync(TrainingBench bench, BlobReference reference)
    {
        BlobClient blob = bench.Container.GetBlobClient(RunPaths.Blob(Run, reference.Sha256));
        var bytes = (await blob.DownloadContentAsync(Cancellation)).Value.Content.ToArray();
        bytes[500] ^= 1;
        await blob.UploadAsync(new BinaryData(bytes), overwrite: true, Cancellation);
    }

    /// <summary>Changes a bit in the first content of every blob that is read.</summary>
    private sealed class FirstResponseDamaged : HttpPipelinePolicy
    {
        private readonly ConcurrentDictionary<string, bool> _read = new();

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            var address = message.Request.Uri.ToUri();
            if (message.Request.Method != RequestMethod.Get || address.Query.Contains("comp=", StringComparison.Ordinal)) return;
            if (!_read.TryAdd(address.AbsolutePath, true)) return;
            var content = (await BinaryData.FromStreamAsync(message.Response.ContentStream!)).ToArray();
            content[content.Length / 2] ^= 0x80;
            message.Response.ContentStream = new MemoryStream(content);
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
