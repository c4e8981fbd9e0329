using System.Diagnostics;

namespace GanFunctions.Benchmarks;

/// <summary>The machine that measures.</summary>
internal static class Processor
{
    /// <summary>As the system calls it.</summary>
    public static string Name => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>The most that was resident at once.</summary>
    public static double PeakMemoryMegabytes
    {
        get
        {
            using var self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64 / 1e6;
        }
    }
}
