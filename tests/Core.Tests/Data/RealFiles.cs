using GanFunctions.TestKit;

namespace GanFunctions.Core.Tests.Data;

/// <summary>The published files, where this machine has them; elsewhere the test is skipped and says why.</summary>
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

    /// <summary>Where Debian's package puts Fashion-MNIST.</summary>
    public static string FashionMnistFolder()
    {
        return Directory.Exists(DebianFolder) ? DebianFolder : throw Missing.Here("Fashion-MNIST is not here: apt-get install dataset-fashion-mnist");
    }
}
