namespace GanFunctions.Core.Storage;

internal static class BoundedRead
{
    /// <summary>Reads all that a stream holds into memory.</summary>
    /// <param name="stream">Read to its end, left open.</param>
    /// <param name="maxBytes">What is too much.</param>
    /// <param name="progress">Called after each piece.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <returns>The content, at its start; null if it is more than <paramref name="maxBytes"/>.</returns>
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
