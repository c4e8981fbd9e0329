using System.Globalization;

namespace GanFunctions.Benchmarks;

/// <summary>Memory of a process, from <c>/proc</c>.</summary>
internal static class ProcessMemory
{
    /// <summary>Resident memory.</summary>
    public const string Resident = "VmRSS";

    /// <summary>Peak resident memory.</summary>
    public const string Peak = "VmHWM";

    /// <summary>A value of <c>/proc/{process}/status</c>, in MB; the process is a number or <c>self</c>.</summary>
    public static double Megabytes(string process, string what) => double.Parse(
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith(what, StringComparison.Ordinal)).Split(':')[1]
            .Replace("kB", "", StringComparison.Ordinal),
        CultureInfo.InvariantCulture) / 1000;
}
