using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using GanFunctions.Core.Storage;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Storage;

public sealed class A_blob(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task That_is_replaced_while_the_connection_breaks_is_read_from_its_beginning()
    {
        var writer = await NewBlobAsync();
        await writer.UploadAsync(new BinaryData("the first content"), Cancellation);
        var reader = Reader(writer, new(() => writer.UploadAsync(new BinaryData("the second content"), overwrite: true, Cancellation)));

        var read = await reader.TryReadAsync(Cancellation);

        Assert.Equal("the second content", read!.Content.ToString());
        Assert.Equal((await writer.GetPropertiesAsync(cancellationToken: Cancellation)).Value.ETag, read.Version);
    }

    [Fact]
    public async Task That_is_missing_is_so_although_the_connection_breaks_in_the_answer()
    {
        var first = new FirstConnectionBroken(() => Task.CompletedTask);

        Assert.Null(await Reader(await NewBlobAsync(), first).TryReadAsync(Cancellation));

        Assert.Equal(2, first.Answers);
    }

    private async Task<BlobClient> NewBlobAsync()
    {
        var container = azurite.Blobs().GetBlobContainerClient("gan-" + Guid.NewGuid().ToString("N"));
        await container.CreateAsync(cancellationToken: Cancellation);
        return container.GetBlobClient("document");
    }

    private BlobClient Reader(BlobClient blob, FirstConnectionBroken connections)
    {
        var options = ErrorBodies.AddTo(new() { Retry = { Delay = TimeSpan.FromMilliseconds(1) } });
        options.AddPolicy(connections, HttpPipelinePosition.PerRetry);
        return new BlobServiceClient(azurite.ConnectionString, options).GetBlobContainerClient(blob.BlobContainerName).GetBlobClient(blob.Name);
    }

    /// <summary>Breaks the connection of the first response in the middle of its content.</summary>
    private sealed class FirstConnectionBroken(Func<Task> meanwhile) : HttpPipelinePolicy
    {
        public int Answers { get; private set; }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (++Answers > 1) return;
            message.Response.ContentStream = new BrokenStream((await BinaryData.FromStreamAsync(message.Response.ContentStream!)).ToArray()[..5]);
            await meanwhile();
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }

    private sealed class BrokenStream(byte[] content) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException("The connection is broken.");

        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, count) is > 0 and var read ? read : throw new IOException("The connection is broken.");

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
