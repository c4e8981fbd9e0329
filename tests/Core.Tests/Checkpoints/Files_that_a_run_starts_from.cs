using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Tests.Training;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class Files_that_a_run_starts_from(AzuriteFixture azurite)
{
    private static readonly byte[] Generator = [1, 2, 3];
    private static readonly byte[] Training = [4, 5];
    private static readonly InitFrom From = new("source", 3, BlobReference.Of(Generator).Sha256, BlobReference.Of(Training).Sha256);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_read_as_they_were_stored()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var files = new InitialFiles(bench.Container);
        await files.SaveAsync("run", Generator, Training, Cancellation);
        await files.SaveAsync("without-training", Generator, training: null, Cancellation);

        var (generator, training) = await files.LoadAsync("run", From, Cancellation);

        Assert.Equal(Generator, generator);
        Assert.Equal(Training, training);
        Assert.Null((await files.LoadAsync("without-training", From with { Training = null }, Cancellation)).Training);
    }

    [Fact]
    public async Task Are_refused_if_one_is_missing()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var files = new InitialFiles(bench.Container);
        await files.SaveAsync("run", Generator, training: null, Cancellation);

        var refusal = await Assert.ThrowsAsync<RunRefusedException>(() => files.LoadAsync("run", From, Cancellation));

        Assert.Equal($"The run starts from epoch 3 of source, but its copy of the file {From.Training} is missing. Start a new run.", refusal.Message);
    }

    [Fact]
    public async Task Are_refused_if_one_is_damaged()
    {
        using var bench = await TrainingBench.CreateAsync(azurite);
        var files = new InitialFiles(bench.Container);
        await files.SaveAsync("run", Generator, Training, Cancellation);
        await bench.Container.GetBlobClient(RunPaths.Blob("run", From.Generator!)).UploadAsync(new BinaryData([1, 2, 4]), overwrite: true, Cancellation);

        var refusal = await Assert.ThrowsAsync<RunRefusedException>(() => files.LoadAsync("run", From, Cancellation));

        Assert.Equal($"The run starts from epoch 3 of source, but its copy of the file {From.Generator} is damaged. Start a new run.", refusal.Message);
    }
}
