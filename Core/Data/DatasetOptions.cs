namespace GanFunctions.Core.Data;

/// <summary>Where data sets come from, and how long to wait for them.</summary>
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

    /// <summary>How large a file of a data set may be, as sent and unpacked alike, in bytes. Default 256 MiB: 340,000 pictures.</summary>
    public long MaxFileBytes { get; init; } = 256L << 20;
}
