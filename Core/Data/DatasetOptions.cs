namespace GanFunctions.Core.Data;

/// <summary>Sources, timeouts and size limits of data sets.</summary>
public sealed record DatasetOptions
{
    /// <summary>
    /// Base addresses of mirrors with MNIST's four .gz files, in the order to try them. The default is null: the public mirrors. The
    /// content is verified, so plain HTTP is sufficient.
    /// </summary>
    public IReadOnlyList<Uri>? MnistMirrors { get; init; }

    /// <summary>Base addresses of mirrors with Fashion-MNIST's four .gz files. The default is null: the public mirrors.</summary>
    public IReadOnlyList<Uri>? FashionMnistMirrors { get; init; }

    /// <summary>A local folder with MNIST's four .gz files. The default is null: none.</summary>
    public string? MnistFolder { get; init; }

    /// <summary>
    /// A local folder with Fashion-MNIST's four .gz files. The default is the folder of Debian's package dataset-fashion-mnist.
    /// </summary>
    public string? FashionMnistFolder { get; init; } = "/usr/share/datasets/fashion-mnist";

    /// <summary>Time limit for a mirror's response to an availability probe. The default is 4 s, the maximum is 6 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Time limit for a mirror to start a download. The default is 15 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Maximum time without progress during a download. The default is 20 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Time limit for the download of a file. The default is 10 minutes; the largest file of MNIST has 10 MB, that of Fashion-MNIST 26 MB.
    /// </summary>
    public TimeSpan FileTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Maximum size of an upload as sent, in bytes. The default is 2 GiB, which is also the limit of a request body.</summary>
    public long MaxUploadBytes { get; init; } = 2L << 30;

    /// <summary>Maximum size of a block of an upload that is sent in several requests, in bytes. The default is 100 MiB.</summary>
    public long MaxBlockBytes { get; init; } = 100L << 20;

    /// <summary>
    /// Whether uploads may be downloaded from addresses in private networks and over plain HTTP. The default is false, because anyone who may
    /// upload could otherwise read from addresses that only this machine can reach.
    /// </summary>
    public bool AllowPrivateSources { get; init; }

    /// <summary>Maximum number of files and folders in an uploaded archive. The default is 500,000.</summary>
    public int MaxEntries { get; init; } = 500_000;

    /// <summary>
    /// Maximum size of a file in an upload, both as sent and unpacked, in bytes. The default is 256 MiB, an IDX file of 340,000 pictures of
    /// 28x28.
    /// </summary>
    public long MaxFileBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Maximum total size of an uploaded archive when unpacked, in bytes. The default is 64 GiB, which takes a processor a few minutes to unpack.
    /// </summary>
    public long MaxUnpackedBytes { get; init; } = 64L << 30;

    /// <summary>Maximum size of a picture file, in bytes. The default is 64 MiB.</summary>
    public long MaxPictureBytes { get; init; } = 64L << 20;

    /// <summary>Maximum number of pixels in an uploaded picture, according to its header. The default is 50 million.</summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>
    /// Maximum total size of the converted pictures of a data set, in bytes, and of all data sets that are in memory at the same time. The
    /// default is 640 MiB: 54,000 pictures of 64x64 in colour, or EMNIST.
    /// </summary>
    public long MaxDatasetBytes { get; init; } = 640L << 20;
}
