namespace GanFunctions.Core.Archives;

/// <summary>The limits of archives of runs.</summary>
public sealed record ArchiveOptions
{
    /// <summary>Maximum number of files in an archive. A run with a grid for every epoch has fewer.</summary>
    public const int MaxFiles = 250_000;

    /// <summary>Maximum size of a block of an archive that is uploaded in several requests, in bytes.</summary>
    public const long MaxBlockBytes = 100L << 20;

    /// <summary>
    /// Maximum size of an archive, in bytes. The default is 1 GiB, which is sent at 43 Mbit/s in the 200 seconds that a request may take on Azure.
    /// </summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Checks the values.</summary>
    /// <exception cref="InvalidOperationException">A value is not valid.</exception>
    public ArchiveOptions Validated() => MaxBytes > 0
        ? this
        : throw new InvalidOperationException($"The setting Archives:MaxBytes is {MaxBytes}, which is not valid; it must be a whole number from 1.");
}
