using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GanFunctions.Core.Memory;

/// <summary>Owns the process-wide settings of the C library's allocator and of OpenMP, on Linux.</summary>
internal static partial class NativeRuntime
{
    // Parameters of mallopt(3)
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    private const int KeptBytes = 256 << 20;
    private const int LargestMmapThreshold = 32 << 20; // mallopt refuses more
    private const string SpinCount = "10000";          // about 30 microseconds

    /// <summary>Applies the settings. It runs before anything else in this assembly, because OpenMP reads its settings when torch loads it.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Every program that uses this assembly needs these settings first.")]
    internal static void Configure()
    {
        if (!OperatingSystem.IsLinux()) return;
        // A training step frees hundreds of megabytes that the next one allocates again. By default the C library returns them to the operating system in
        // between, and each page costs a fault again. FreedMemory returns them when the work is done.
        _ = SetAllocator(TrimThreshold, KeptBytes);
        _ = SetAllocator(MmapThreshold, LargestMmapThreshold);
        // A thread that waits for the others of its team spins for milliseconds by default, even while they wait for the processor that it occupies.
        _ = SetVariable("GOMP_SPINCOUNT", SpinCount, overwrite: 0);
    }

    /// <summary>mallopt(3).</summary>
    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetAllocator(int parameter, int value);

    /// <summary>setenv(3): unlike <see cref="Environment.SetEnvironmentVariable(string, string?)"/>, it is visible to native libraries.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
