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
        var container = azurite.Blobs().GetBlobContainerClient("gan-" + Guid.NewGuid().ToString("N"));
        await container.CreateAsync(cancellationToken: Cancellation);
        var writer = container.GetBlobClient("document");
        await writer.UploadAsync(new BinaryData("the first content"), Cancellation);
        var options = new BlobClientOptions { Retry = { Delay = TimeSpan.FromMilliseconds(1) } };
        options.AddPolicy(
            new FirstConnectionBroken(() => writer.UploadAsync(new BinaryData("the second content"), overwrite: true, Cancellation)), HttpPipelinePosition.PerRetry);
        var reader = new BlobServiceClient(azurite.ConnectionString, options).GetBlobContainerClient(container.Name).GetBlobClient(writer.Name);

        var read = await reader.TryReadAsync(Cancellation);

        Assert.Equal("the second content", read!.Content.ToString());
        Assert.Equal((await writer.GetPropertiesAsync(cancellationToken: Cancellation)).Value.ETag, read.Version);
    }

    /// <summary>Breaks the connection of the first response in the middle of its content.</summary>
    private sealed class FirstConnectionBroken(Func<Task> meanwhile) : HttpPipelinePolicy
    {
        private bool _isBroken;

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (_isBroken) return;
            _isBroken = true;
            message.Response.ContentStream = new BrokenStream((await BinaryData.FromStreamAsync(message.Response.ContentStream!)).ToArray()[..5]);
            await meanwhile();
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }

    private sealed class BrokenStream(byte[] content) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException("The connection is broken.");

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
