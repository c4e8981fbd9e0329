using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

/// <summary>Real data beside the repository, where there is any.</summary>
internal static class SharedData
{
    /// <summary>The folder of MNIST's four files; skips the test where it is missing.</summary>
    public static string MnistOrSkip()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", "mnist");
            if (Directory.Exists(candidate)) return candidate;
        }
        throw Missing.Here("There is no folder shared/data/mnist beside the repository, and MNIST is not part of it.");
    }
}
