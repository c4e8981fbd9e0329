using System.Runtime.InteropServices;

namespace GanFunctions.Core.Memory;

/// <summary>Returns freed memory to the operating system.</summary>
public static partial class FreedMemory
{
    /// <summary>
    /// Returns the memory of freed tensors. The C library keeps it in per-thread arenas, so a process that has trained would otherwise stay
    /// at its peak size.
    /// </summary>
    public static void ReturnNative()
    {
        if (OperatingSystem.IsLinux()) _ = MallocTrim(keep: 0);
    }

    /// <summary>Returns the memory of unused objects and freed tensors. It stops the process for about 0.1 s.</summary>
    public static void ReturnAll()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ReturnNative();
    }

    /// <summary>malloc_trim(3).</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keep);
}
