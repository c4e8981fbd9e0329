using System.Diagnostics;

namespace GanFunctions.Benchmarks;

/// <summary>The machine that runs the benchmark.</summary>
internal static class Processor
{
    /// <summary>Model name of the processor, from the operating system.</summary>
    public static string Name => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>Peak resident memory of this process, in megabytes.</summary>
    public static double PeakMemoryMegabytes
    {
        get
        {
            using var self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64 / 1e6;
        }
    }
}
