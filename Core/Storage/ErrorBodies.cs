using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace GanFunctions.Core.Storage;

/// <summary>
/// Reads the body of an error that a download receives as part of the attempt, so that a connection that breaks in it is one more attempt. The
/// client itself reads it after the last attempt, and fails with an <see cref="IOException"/> instead of the error, such as that a blob does not exist.
/// </summary>
public sealed class ErrorBodies : HttpPipelinePolicy
{
    /// <summary>Options of a client with this policy.</summary>
    public static BlobClientOptions AddTo(BlobClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.AddPolicy(new ErrorBodies(), HttpPipelinePosition.PerRetry);
        return options;
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        if (IsStreamingError(message)) Replace(message, await BinaryData.FromStreamAsync(message.Response.ContentStream!, message.CancellationToken));
    }

    /// <inheritdoc/>
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        ProcessNext(message, pipeline);
        if (IsStreamingError(message)) Replace(message, BinaryData.FromStream(message.Response.ContentStream!));
    }

    private static bool IsStreamingError(HttpMessage message) => !message.BufferResponse && message.Response is { IsError: true, ContentStream: not null };

    private static void Replace(HttpMessage message, BinaryData body)
    {
        message.Response.ContentStream!.Dispose(); // returns the connection
        message.Response.ContentStream = new MemoryStream(body.ToArray());
    }
}
