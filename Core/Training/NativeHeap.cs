using System.Runtime.InteropServices;

namespace GanFunctions.Core.Training;

/// <summary>The heap of the C library, which holds the memory of tensors.</summary>
public static partial class NativeHeap
{
    /// <summary>
    /// Returns freed memory to the operating system. The C library keeps the memory of freed tensors in per-thread arenas, so a process that
    /// has trained would otherwise stay at its peak size.
    /// </summary>
    public static void Trim()
    {
        if (OperatingSystem.IsLinux()) _ = MallocTrim(keep: 0);
    }

    /// <summary>malloc_trim(3).</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keep);
}
