using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

/// <summary>Real data sets in a folder above the repository, if there are any.</summary>
internal static class SharedData
{
    /// <summary>The folder of MNIST's four files; skips the test if it is missing.</summary>
    public static string MnistOrSkip()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", "mnist");
            if (Directory.Exists(candidate)) return candidate;
        }
        throw Missing.Here("MNIST is not in shared/data/mnist in any folder above the repository.");
    }
}
