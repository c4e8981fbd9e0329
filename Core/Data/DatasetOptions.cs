namespace GanFunctions.Core.Data;

/// <summary>Where data sets come from, how long to wait for them, and how large they may be.</summary>
public sealed record DatasetOptions
{
    /// <summary>
    /// Folders of the web that hold MNIST's four .gz files, the likeliest first. Null, the default, asks the public ones. The content is
    /// checked, so plain HTTP will do.
    /// </summary>
    public IReadOnlyList<Uri>? MnistMirrors { get; init; }

    /// <summary>The same for Fashion-MNIST.</summary>
    public IReadOnlyList<Uri>? FashionMnistMirrors { get; init; }

    /// <summary>A folder of this machine with MNIST's four files. None unless set.</summary>
    public string? MnistFolder { get; init; }

    /// <summary>The same for Fashion-MNIST. The default is where Debian's package dataset-fashion-mnist puts it.</summary>
    public string? FashionMnistFolder { get; init; } = "/usr/share/datasets/fashion-mnist";

    /// <summary>How long a mirror may take to begin its answer when only asked if it is there. Default 4 s, at most 6 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a mirror may take to begin a download. Default 15 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a download may stand still. Default 20 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a whole file may take. Default 10 minutes: MNIST's largest has 10 MB, Fashion-MNIST's 26 MB.</summary>
    public TimeSpan FileTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How large an upload may be, as sent, in bytes. Default 2 GiB, which is also what a request may carry.</summary>
    public long MaxUploadBytes { get; init; } = 2L << 30;

    /// <summary>How many files and folders an uploaded archive may list. Default 500,000.</summary>
    public int MaxEntries { get; init; } = 500_000;

    /// <summary>How large a file of an upload may be, as sent and unpacked alike, in bytes. Default 256 MiB: an IDX file of 340,000 pictures.</summary>
    public long MaxFileBytes { get; init; } = 256L << 20;

    /// <summary>How many bytes one byte of an archive may unpack to, in files of more than 1 MiB. Default 100; drawings come to 10.</summary>
    public int MaxCompressionRatio { get; init; } = 100;

    /// <summary>How large the file of one picture may be, in bytes. Default 64 MiB.</summary>
    public long MaxPictureBytes { get; init; } = 64L << 20;

    /// <summary>How many pixels an uploaded picture may have, by its header. Default 50 million.</summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>How large the pictures of a data set may be once they are converted, in bytes. Default 1 GiB: 87,000 of 64x64 in colour.</summary>
    public long MaxDatasetBytes { get; init; } = 1L << 30;
}
