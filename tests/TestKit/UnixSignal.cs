using System.Runtime.InteropServices;

namespace GanFunctions.TestKit;

/// <summary>Signals, which .NET cannot send.</summary>
public static class UnixSignal
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>SIGCONT and SIGSTOP have other numbers on macOS.</summary>
    public static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;

    public static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;

    /// <exception cref="InvalidOperationException">There is no such process.</exception>
    public static void Send(int pid, int signal)
    {
        if (SendSignal(pid, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} could not be sent to process {pid}: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>False also for a process that ended and whose parent has not asked for its exit code (Linux).</summary>
    public static bool IsAlive(int pid) =>
        SendSignal(pid, 0) == 0 && !(OperatingSystem.IsLinux() && IsZombie(pid));

    private static bool IsZombie(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Length == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int pid, int signal);
}
