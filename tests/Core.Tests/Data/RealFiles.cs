using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

/// <summary>The published files, if this machine has them; otherwise the test is skipped with the reason.</summary>
internal static class RealFiles
{
    public const string DebianFolder = "/usr/share/datasets/fashion-mnist";

    /// <summary>The folder <c>shared/data/mnist</c> beside the repository.</summary>
    public static string MnistFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var mnist = Path.Combine(folder.FullName, "shared", "data", "mnist");
            if (Directory.Exists(mnist)) return mnist;
        }
        throw Missing.Here("MNIST is not here: no folder above the tests holds shared/data/mnist");
    }

    /// <summary>The first pictures of MNIST's training set (<c>train</c>) or test set (<c>t10k</c>), with their labels.</summary>
    public static async Task<ImageSet> MnistAsync(string set, int count)
    {
        var pixels = await ReadAsync($"{set}-images-idx3-ubyte.gz");
        var labels = await ReadAsync($"{set}-labels-idx1-ubyte.gz");
        return new ImageSet(pixels.Data[..(count * 784)], labels.Data[..count], count, 28, 28);

        static async Task<IdxArray> ReadAsync(string name)
        {
            await using var file = File.OpenRead(Path.Combine(MnistFolder(), name));
            return await IdxReader.ReadAsync(file, name, 100_000_000, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The folder in which Debian's package installs Fashion-MNIST.</summary>
    public static string FashionMnistFolder()
    {
        return Directory.Exists(DebianFolder) ? DebianFolder : throw Missing.Here("Fashion-MNIST is not here: apt-get install dataset-fashion-mnist");
    }
}
