namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>Where an <see cref="AzuriteProcess"/> keeps its data and listens. A port of 0 takes a free one.</summary>
public sealed record AzuriteOptions
{
    /// <summary>The folder of the data; made if it does not exist. One Azurite at a time can use it.</summary>
    public required string Location { get; init; }

    /// <summary>Port of the blob service on 127.0.0.1.</summary>
    public int BlobPort { get; init; } = 10000;

    /// <summary>Port of the queue service on 127.0.0.1.</summary>
    public int QueuePort { get; init; } = 10001;

    /// <summary>Port of the table service on 127.0.0.1.</summary>
    public int TablePort { get; init; } = 10002;

    internal int[] Ports => [BlobPort, QueuePort, TablePort];

    /// <summary>A certificate and its key, as PEM files: with them it speaks HTTPS, and takes tokens of identities but no account key.</summary>
    public (string Certificate, string Key)? Tls { get; init; }

    /// <summary>How long it may take to start, or to wait for an earlier one to finish with the folder.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long it may take to write everything down once it is told to end; then it is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
