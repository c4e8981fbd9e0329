using System.Diagnostics;

namespace GanFunctions.Infra.Tests;

/// <summary>Runs external programs.</summary>
internal static class Tool
{
    /// <summary>Runs a program in a folder, and returns its standard output and standard error.</summary>
    /// <exception cref="InvalidOperationException">The program failed; the message contains its output.</exception>
    public static async Task<(string Output, string Errors)> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0
            ? (output, await errors)
            : throw new InvalidOperationException($"{Path.GetFileName(program)} {string.Join(' ', arguments)}: {output}{await errors}");
    }
}
