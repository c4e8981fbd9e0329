using System.Diagnostics;
using GanFunctions.TestKit;

namespace GanFunctions.Infra.Tests;

public sealed class The_package_of_the_tool
{
    private static readonly string Root = Path.GetDirectoryName(Bicep.Folder)!;

    [Fact]
    public async Task Is_small_and_can_be_installed_and_run()
    {
        Soak.Only("half a minute");
        var folder = Directory.CreateTempSubdirectory("gan-tool-").FullName;
        try
        {
            await Tool.RunAsync("dotnet", Root, "pack", "Cli", "--configuration", "Release", "--output", folder, "-nodeReuse:false");
            var package = new FileInfo(Assert.Single(Directory.EnumerateFiles(folder)));
            Assert.InRange(package.Length, 1, 5_000_000);

            await Tool.RunAsync(
                "dotnet", folder, "tool", "install", "GanFunctions.Cli", "--tool-path", Path.Combine(folder, "tools"), "--source", folder);

            var gan = Path.Combine(folder, "tools", "gan");
            Assert.Contains("\n  watch <run> ", (await Tool.RunAsync(gan, folder, "--help")).Output, StringComparison.Ordinal);
            using var unreachable = Process.Start(new ProcessStartInfo(gan, ["runs", "--url", "http://127.0.0.1:9"]) { RedirectStandardError = true })!;
            await unreachable.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(3, unreachable.ExitCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
