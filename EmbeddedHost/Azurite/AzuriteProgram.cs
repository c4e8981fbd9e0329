using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>Where the build left azurite.mjs and its packages, and how to run it.</summary>
internal static class AzuriteProgram
{
    /// <summary>.azurite in the root of the repository.</summary>
    public static string DefaultLocation => Metadata("AzuriteLocation");

    private static string Folder => Metadata("AzuriteFolder");

    /// <exception cref="InvalidOperationException">azurite.mjs or its packages are not there.</exception>
    public static ProcessStartInfo StartInfo(AzuriteOptions options)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "azurite")))
        {
            throw new InvalidOperationException(
                $"Azurite is not installed in {Folder}. Build EmbeddedHost without -p:InstallAzurite=false, or run 'npm ci' there, " +
                "or start an Azurite of your own, or set AzureWebJobsStorage to a storage account.");
        }
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["azurite.mjs",
            "--location", options.Location, "--blobPort", Text(options.BlobPort), "--queuePort", Text(options.QueuePort), "--tablePort", Text(options.TablePort)])
        {
            start.ArgumentList.Add(argument);
        }
        if (options.Tls is var (certificate, key))
        {
            foreach (var argument in (string[])["--certificate", certificate, "--key", key]) start.ArgumentList.Add(argument);
        }
        // An editor's debugger would attach here too.
        start.Environment.Remove("NODE_OPTIONS");
        return start;
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Metadata(string key) =>
        typeof(AzuriteProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
