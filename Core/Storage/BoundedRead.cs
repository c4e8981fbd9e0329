namespace GanFunctions.Core.Storage;

/// <summary>Reads streams of limited length.</summary>
public static class BoundedRead
{
    /// <summary>Reads a whole stream into memory.</summary>
    /// <param name="stream">The stream; it is read to its end and left open.</param>
    /// <param name="maxBytes">The maximum length.</param>
    /// <param name="progress">Called after each read.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The content, positioned at its start; null if the stream is longer than <paramref name="maxBytes"/>.</returns>
    public static async Task<MemoryStream?> AllAsync(
        Stream stream, long maxBytes, Action? progress = null, CancellationToken cancellation = default)
    {
        var memory = new MemoryStream();
        var buffer = new byte[128 * 1024];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, cancellation);
            if (read == 0) break;
            if (memory.Length + read > Math.Min(maxBytes, Array.MaxLength)) return null;
            memory.Write(buffer, 0, read);
            progress?.Invoke();
        }
        memory.Position = 0;
        return memory;
    }
}
