namespace GanFunctions.Core.Data;

/// <summary>A file of a published data set.</summary>
/// <param name="Part">The part of the data set.</param>
/// <param name="Bytes">Uncompressed size.</param>
/// <param name="Sha256">
/// SHA-256 of the uncompressed content. The .gz files of mirrors differ, because they have been compressed in different ways.
/// </param>
internal sealed record KnownFile(IdxPart Part, long Bytes, string Sha256)
{
    public string GzipName => Part.FileName() + ".gz";

    /// <summary>Maximum size, compressed or not: gzip adds less than 64 KiB to content that it cannot compress.</summary>
    public long MaxBytes => Bytes + 65_536;

    /// <summary>Reads the file, compressed or not, and verifies that it is the published one.</summary>
    /// <exception cref="IdxFormatException">The file is damaged or not the published one.</exception>
    public async Task<IdxArray> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var array = await IdxReader.ReadAsync(stream, GzipName, MaxBytes, cancellation);
        var hash = array.ComputeSha256();
        return hash == Sha256
            ? array
            : throw new IdxFormatException(GzipName, $"its content has the SHA-256 {hash}", $"{Sha256}, that of the published file");
    }
}

/// <summary>A published data set that can be downloaded by name.</summary>
internal sealed record KnownDataset(
    string Name, string Description, string? Folder, IReadOnlyList<Uri> Mirrors, string Advice, IReadOnlyList<KnownFile> Files,
    IReadOnlyList<string>? ClassNames = null)
{
    private const long TrainImageBytes = 16 + 60_000 * 28 * 28;
    private const long TestImageBytes = 16 + 10_000 * 28 * 28;

    private static readonly Uri[] MnistMirrors =
    [
        new("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        new("https://storage.googleapis.com/cvdf-datasets/mnist/"),
        new("http://yann.lecun.com/exdb/mnist/"),
    ];

    private static readonly Uri[] FashionMnistMirrors =
    [
        new("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
        new("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"),
    ];

    /// <summary>The <see cref="Dataset.Sha256"/> that the loaded data set has.</summary>
    public string Sha256 => Dataset.HashOf(Files.ToDictionary(file => file.Part, file => file.Sha256));

    /// <summary>All known data sets.</summary>
    public static IReadOnlyList<KnownDataset> All(DatasetOptions options) => [Mnist(options), FashionMnist(options)];

    // LeCun, Cortes, Burges: "The MNIST database of handwritten digits".
    private static KnownDataset Mnist(DatasetOptions options) => new(
        "mnist", "Handwritten digits (LeCun, Cortes, Burges)", options.MnistFolder, options.MnistMirrors ?? MnistMirrors,
        "upload a zip archive of its four IDX files",
        [
            new(IdxPart.TrainImages, TrainImageBytes, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            new(IdxPart.TrainLabels, 8 + 60_000, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            new(IdxPart.TestImages, TestImageBytes, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            new(IdxPart.TestLabels, 8 + 10_000, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ]);

    // Xiao, Rasul, Vollgraf: "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", arXiv 1708.07747.
    private static KnownDataset FashionMnist(DatasetOptions options) => new(
        "fashion-mnist", "Pictures of clothing (Xiao, Rasul, Vollgraf)", options.FashionMnistFolder,
        options.FashionMnistMirrors ?? FashionMnistMirrors,
        "install Debian's package dataset-fashion-mnist, or upload a zip archive of its four IDX files",
        [
            new(IdxPart.TrainImages, TrainImageBytes, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            new(IdxPart.TrainLabels, 8 + 60_000, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            new(IdxPart.TestImages, TestImageBytes, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            new(IdxPart.TestLabels, 8 + 10_000, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ],
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]);
}
