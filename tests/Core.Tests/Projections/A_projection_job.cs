using Azure.Storage.Blobs;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Projections;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Data;
using GanFunctions.Core.Tests.Export;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace GanFunctions.Core.Tests.Projections;

public sealed class A_projection_job(AzuriteFixture azurite) : IAsyncLifetime
{
    private const string Run = "run";
    private const string Other = "other";

    private readonly BlobContainerClient _container = azurite.NewContainer();
    private readonly byte[] _generator = TrainedLike.File(Preset.Compact, width: 1, PictureShape.Mnist, 3, 5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ProjectionStore Store => new(_container);

    public async ValueTask InitializeAsync()
    {
        await _container.CreateAsync(cancellationToken: Cancellation);
        foreach (var run in (string[])[Run, Other]) await SaveGeneratorAsync(run);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task That_is_interrupted_begins_again_and_finds_the_same()
    {
        var (whole, interrupted) = (await AskAsync(seed: 1), await AskAsync(seed: 1, run: Other));
        using var job = NewJob();
        using var stopping = new CancellationTokenSource();

        Assert.True(await job.RunAsync(Run, whole.Id, Cancellation));
        var stopped = job.RunAsync(Other, interrupted.Id, stopping.Token);
        await UntilAsync(Other, interrupted.Id, ProjectionState.Running);
        Assert.False(await job.RunAsync(Other, interrupted.Id, Cancellation)); // one at a time
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        using var restarted = NewJob();
        Assert.True(await restarted.RunAsync(Other, interrupted.Id, Cancellation));
        Assert.True(await restarted.RunAsync(Other, interrupted.Id, Cancellation)); // the message is delivered once more

        var (first, second) = (await Store.FindAsync(Run, whole.Id, Cancellation), await Store.FindAsync(Other, interrupted.Id, Cancellation));
        Assert.Equal(whole.Id, interrupted.Id);
        Assert.Equal((ProjectionState.Completed, 2), (second!.State, second.Starts));
        Assert.Equal(first!.Found!.Latent, second.Found!.Latent);
        Assert.Equal(first.Found.Picture, second.Found.Picture);
        Assert.Contains((int)second.Found.Label!, (int[])[3, 5]);
    }

    [Fact]
    public async Task Of_a_run_that_is_deleted_meanwhile_leaves_nothing()
    {
        var asked = await AskAsync(seed: 2);
        using var job = NewJob();

        var running = job.RunAsync(Run, asked.Id, Cancellation);
        await UntilAsync(Run, asked.Id, ProjectionState.Running);
        await Store.DeleteAsync(Run, asked.Id, Cancellation);

        Assert.True(await running);
        Assert.Empty(await Store.ListAsync(Run, Cancellation));
    }

    [Fact]
    public async Task Without_a_generator_fails_and_can_be_asked_again()
    {
        await GeneratorBlob(Run).DeleteAsync(cancellationToken: Cancellation);
        var asked = await AskAsync(seed: 3);
        using var job = NewJob();

        await job.RunAsync(Run, asked.Id, Cancellation);
        var failed = await Store.FindAsync(Run, asked.Id, Cancellation);
        await SaveGeneratorAsync(Run);
        var again = await AskAsync(seed: 3);
        await job.RunAsync(Run, again.Id, Cancellation);

        Assert.Equal(ProjectionState.Failed, failed!.State);
        Assert.EndsWith("is missing.", failed.Error, StringComparison.Ordinal);
        Assert.Equal((asked.Id, ProjectionState.Queued), (again.Id, again.State));
        Assert.Equal(ProjectionState.Completed, (await Store.FindAsync(Run, asked.Id, Cancellation))!.State);
    }

    [Fact]
    public async Task Is_one_of_the_newest_that_are_kept()
    {
        for (var seed = 0; seed < ProjectionStore.Kept + 2; seed++) await AskAsync(seed);
        var newest = await AskAsync(seed: 100, createdLater: true);

        await Store.CollectAsync(Run, Cancellation);

        var kept = await Store.ListAsync(Run, Cancellation);
        Assert.Equal((ProjectionStore.Kept, newest.Id), (kept.Count, kept[0].Id));
    }

    private Task SaveGeneratorAsync(string run) => GeneratorBlob(run).UploadAsync(new BinaryData(_generator), Cancellation);

    private BlobClient GeneratorBlob(string run) => _container.GetBlobClient(RunPaths.Blob(run, BlobReference.Of(_generator).Sha256));

    private ProjectionJob NewJob() => new(
        Store, new CheckpointStore(_container, NullLogger<CheckpointStore>.Instance),
        new QualityReferenceStore(_container, TimeProvider.System, NullLogger<QualityReferenceStore>.Instance), NullLogger<ProjectionJob>.Instance);

    private async Task<Projection> AskAsync(long seed, bool createdLater = false, string run = Run)
    {
        var target = Enumerable.Range(0, PictureShape.Mnist.Size).Select(pixel => (byte)(pixel % 256)).ToArray();
        var question = new ProjectionQuestion(
            "000-00001-000001", 1, BlobReference.Of(_generator), "", null, PictureShape.Mnist.ToString(), target, null, seed, Steps: 20);
        return await Store.AddAsync(run, new Projection(question.ToId(), question, DateTimeOffset.UnixEpoch.AddDays(createdLater ? 1 : 0)), Cancellation);
    }

    private Task UntilAsync(string run, string id, ProjectionState state) => Wait.UntilAsync(
        async () => (await Store.FindAsync(run, id, Cancellation))?.State == state, $"the projection to be {state}");
}
