using System.Runtime.InteropServices;

namespace GanFunctions.Core.Training;

/// <summary>The heap of native memory, which tensors live on.</summary>
public static partial class NativeHeap
{
    /// <summary>
    /// Returns freed memory to the operating system. The C library keeps the memory of freed tensors, in an arena for each of several threads, so that a
    /// process that has trained would stay as large as its largest step.
    /// </summary>
    public static void Trim()
    {
        if (OperatingSystem.IsLinux()) _ = MallocTrim(keep: 0);
    }

    /// <summary>malloc_trim(3).</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keep);
}
