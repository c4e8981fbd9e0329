using System.Diagnostics;

namespace GanFunctions.Infra.Tests;

/// <summary>A program that the tests run.</summary>
internal static class Tool
{
    /// <summary>Runs it in a folder, with its standard output and standard error.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static async Task<(string Output, string Said)> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0
            ? (output, await said)
            : throw new InvalidOperationException($"{Path.GetFileName(program)} {string.Join(' ', arguments)}: {output}{await said}");
    }
}
