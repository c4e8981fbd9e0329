using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class Generators_of_a_run_that_keeps_some(AzuriteFixture azurite)
{
    private const string Run = Commits.Run;
    private static readonly TrainingOptions Keep2 = new() { KeepTraining = 1, KeepGenerators = 2 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_those_of_the_newest_epochs_the_best_epoch_and_the_newest_checkpoint()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        foreach (var (epoch, step, best) in new[] { (1, 10, 1), (2, 10, 2), (3, 4, 2), (3, 10, 2), (4, 10, 2), (5, 10, 2), (6, 5, 2) })
            await CommitAsync(bench, epoch, step, best);

        Assert.Equal(["000-00002-000010", "000-00004-000010", "000-00005-000010", "000-00006-000005"], await KeptAsync(bench));
        Assert.Equal(6, (await bench.Checkpoints.ListAsync(Run, Cancellation)).Count); // manifests stay, except in mid-epoch
        Assert.Equal([2, 4, 5], await bench.Checkpoints.FindKeptInsteadAsync(Run, 3, Keep2, Cancellation));
        Assert.Null(await bench.Checkpoints.FindKeptInsteadAsync(Run, 4, Keep2, Cancellation));
        Assert.Null(await bench.Checkpoints.FindKeptInsteadAsync(Run, 9, Keep2, Cancellation)); // it has not been trained
        Assert.Null(await bench.Checkpoints.FindKeptInsteadAsync(Run, 3, new TrainingOptions(), Cancellation));

        await CommitAsync(bench, 6, 10, best: 6); // a new best epoch takes the place of the old one
        Assert.Equal(["000-00005-000010", "000-00006-000010"], await KeptAsync(bench));
        Assert.Equal("000-00006-000010", (await bench.Checkpoints.LoadForTrainingAsync(Run, 0, _ => false, Cancellation))!.Manifest.Name);
    }

    [Fact]
    public async Task Are_never_files_that_another_checkpoint_or_the_start_needs()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var keepAll = Keep2 with { KeepGenerators = null };
        var shared = await CommitAsync(bench, 1, 10, best: 1, "shared", keepAll);
        var initial = await CommitAsync(bench, 2, 10, best: 1, "initial", keepAll);
        foreach (var epoch in new[] { 3, 4 }) await CommitAsync(bench, epoch, 10, best: epoch, options: keepAll);

        var last = await CommitAsync(bench, 5, 10, best: 5, "shared", Keep2 with { InitFrom = new("other", 1, initial.Generator.Sha256) });

        Assert.Equal(shared.Generator, last.Generator);
        Assert.Equal(["000-00001-000010", "000-00002-000010", "000-00004-000010", "000-00005-000010"], await KeptAsync(bench));
    }

    [Fact]
    public async Task Are_kept_until_a_removal_that_a_crash_interrupted_is_completed()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        for (var epoch = 1; epoch <= 4; epoch++) await CommitAsync(bench, epoch, 10, best: epoch, options: Keep2 with { KeepGenerators = null });
        Assert.Equal(4, (await KeptAsync(bench)).Count);

        using var interrupted = new CancellationTokenSource();
        await interrupted.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.Checkpoints.DropGeneratorsAsync(Run, Keep2, interrupted.Token));
        await bench.Checkpoints.DropGeneratorsAsync(Run, Keep2, Cancellation);

        Assert.Equal(["000-00003-000010", "000-00004-000010"], await KeptAsync(bench));
        await bench.Checkpoints.DropGeneratorsAsync(Run, Keep2, Cancellation);
        Assert.Equal(2, (await KeptAsync(bench)).Count);
    }

    [Fact]
    public async Task Include_the_best_epoch_that_a_slower_worker_does_not_know_yet()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var keepAll = Keep2 with { KeepGenerators = null };
        await CommitAsync(bench, 1, 10, best: 1, options: keepAll);
        await CommitAsync(bench, 2, 10, best: 2, options: keepAll);
        for (var epoch = 3; epoch <= 6; epoch++) await CommitAsync(bench, epoch, 10, best: 2, options: keepAll);

        await CommitAsync(bench, 1, 10, best: 1); // by the slower worker, after the others

        Assert.Equal(["000-00002-000010", "000-00005-000010", "000-00006-000010"], await KeptAsync(bench));
    }

    private static async Task<List<string>> KeptAsync(TrainingBench bench)
    {
        var files = await bench.Checkpoints.ListFilesAsync(Run, Cancellation);
        var manifests = await bench.Checkpoints.ListAsync(Run, Cancellation);
        return [.. manifests.Where(manifest => files.Contains(manifest.Generator.Sha256)).Select(manifest => manifest.Name)];
    }

    /// <summary>Commits a checkpoint and collects what has expired, as a slice does.</summary>
    private static async Task<Manifest> CommitAsync(
        TrainingBench bench, int epoch, int step, int best, string? content = null, TrainingOptions? options = null)
    {
        var committed = await bench.CommitAsync(
            epoch, step, Bytes($"generator {content ?? $"{epoch}/{step}"}"), Bytes($"training {epoch}/{step}"), new BestEpoch(best, 1, null, "reference"));
        await bench.Checkpoints.CollectAsync(committed, (options ?? Keep2).KeepTraining, Cancellation);
        await bench.Checkpoints.DropGeneratorsAsync(Run, options ?? Keep2, Cancellation);
        return committed;
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
