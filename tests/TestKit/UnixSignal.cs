using System.Runtime.InteropServices;

namespace GanFunctions.TestKit;

/// <summary>Sends Unix signals, which .NET has no API for.</summary>
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

    /// <summary>Whether a process is running. On Linux, false also for a zombie, whose parent has not read its exit code.</summary>
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
