using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json.Nodes;
using GanFunctions.EmbeddedHost;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

public sealed class An_app_that_cannot_start
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("nonsense")]
    [InlineData("ftp://localhost:7071")]
    [InlineData("http://localhost:70710")]
    [InlineData("http://localhost:port")]
    [InlineData("http://localhost:7071/path")]
    public Task Names_an_address_that_is_not_valid(string address) => FailsAsync(
        "UseDevelopmentStorage=true", $"urls: '{address}' is not valid; it must be an address with a port up to 65535, such as http://localhost:7071.",
        "--urls", address);

    [Fact]
    public Task Names_an_unknown_command() => FailsAsync(
        "UseDevelopmentStorage=true",
        "'dmeo' is not a command: the commands are demo, train, runs, show, watch, pull, import, sweep, pause, resume, cancel, extend, delete, completion. "
        + "Options begin with two hyphens.", "dmeo");

    [Theory]
    [InlineData("rubbish", "Settings must be of the form \"name=value\"")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=pets;AccountKey=secret!", "No valid combination of account information found")]
    public Task Names_the_setting_whose_connection_string_is_not_valid_but_not_its_key(string connection, string reason) => FailsAsync(
        connection, $"AzureWebJobsStorage is not a valid connection string of Azure Storage ({reason}); it must be UseDevelopmentStorage=true, or of the form "
        + "DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net.");

    [Fact]
    public async Task Names_the_storage_that_is_unreachable() => await FailsAsync(
        ConnectionTo(9, 9, 9),
        "The storage at http://127.0.0.1:9/devstoreaccount1 is unreachable: Connection refused (127.0.0.1:9). Start it, check the setting "
        + "AzureWebJobsStorage, or remove it to let the app start its own Azurite.");

    [Fact]
    public async Task Names_the_port_that_is_taken_with_and_without_the_demo()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";
        var message = $"Failed to bind to address {address}: address already in use. End the program that uses it, "
            + "or choose another address, such as --urls http://localhost:7072.";

        await FailsAsync(azurite.ConnectionString, message, "--urls", address);
        await FailsAsync(azurite.ConnectionString, message, "demo", "--urls", address);
    }

    [Fact]
    public async Task Says_that_it_needs_Node_js()
    {
        var folder = Directory.CreateTempSubdirectory("gan-path-").FullName;
        var dotnet = (await File.ReadAllTextAsync("/proc/self/cmdline", Cancellation)).Split('\0')[0];
        File.CreateSymbolicLink(Path.Combine(folder, "dotnet"), Path.IsPathRooted(dotnet) ? dotnet : Environment.ProcessPath!);

        await FailsAsync(
            "UseDevelopmentStorage=true",
            "Azurite needs Node.js 20 or later, but 'node' is not on the PATH. Install Node.js, or set AzureWebJobsStorage to a storage account.",
            new Dictionary<string, string?> { ["PATH"] = folder, ["Azurite__Port"] = $"{FreePorts()}" });
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Says_how_to_fix_an_Azurite_that_checks_API_versions()
    {
        using var azurite = new StrictAzurite();
        var ports = await azurite.StartAsync();

        await FailsAsync(
            ConnectionTo(ports.Blob, ports.Queue, ports.Table),
            $"The Azurite at http://127.0.0.1:{ports.Blob}/devstoreaccount1 does not support the API version of this app: restart it with "
            + "--skipApiVersionCheck, or end it to let the app start its own.");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65534")]
    [InlineData("ten")]
    public Task Names_a_port_for_Azurite_that_is_not_valid(string port) => FailsAsync(
        "UseDevelopmentStorage=true", $"Azurite:Port: '{port}' is not valid; it must be a whole number from 1 to 65533.", "--Azurite:Port", port);

    // The first of three consecutive ports that nothing uses.
    private static int FreePorts()
    {
        var used = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(each => each.Port).ToHashSet();
        return Enumerable.Range(20_000, 10_000).First(port => !used.Contains(port) && !used.Contains(port + 1) && !used.Contains(port + 2));
    }

    private static string ConnectionTo(int blob, int queue, int table) =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
        + $"BlobEndpoint=http://127.0.0.1:{blob}/devstoreaccount1;QueueEndpoint=http://127.0.0.1:{queue}/devstoreaccount1;"
        + $"TableEndpoint=http://127.0.0.1:{table}/devstoreaccount1";

    private static Task FailsAsync(string connection, string message, params string[] arguments) => FailsAsync(connection, message, [], arguments);

    private static async Task FailsAsync(string connection, string message, Dictionary<string, string?> settings, params string[] arguments)
    {
        settings["AzureWebJobsStorage"] = connection;
        await using var app = AppProcess.Start(App.Dll, arguments, settings);

        Assert.Equal((1, message), (await app.ExitAsync(), app.Errors));
        Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal);
    }

    /// <summary>An Azurite without --skipApiVersionCheck.</summary>
    private sealed class StrictAzurite : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("gan-strict-").FullName;
        private Process? _process;

        public async Task<(int Blob, int Queue, int Table)> StartAsync()
        {
            var installed = typeof(EmbeddedApplication).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(attribute => attribute.Key == "AzuriteFolder").Value!;
            const string Skipping = "skipApiVersionCheck] = [false, false, false, true]";
            var script = await File.ReadAllTextAsync(Path.Combine(installed, "azurite.mjs"), Cancellation);
            Assert.Contains(Skipping, script, StringComparison.Ordinal);
            var file = Path.Combine(_folder, "azurite.mjs");
            await File.WriteAllTextAsync(file, script.Replace(Skipping, Skipping.Replace("true", "false", StringComparison.Ordinal),
                StringComparison.Ordinal), Cancellation);
            Directory.CreateSymbolicLink(Path.Combine(_folder, "node_modules"), Path.Combine(installed, "node_modules"));
            _process = Process.Start(new ProcessStartInfo(
                "node", [file, "--location", _folder, "--blobPort", "0", "--queuePort", "0", "--tablePort", "0"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
            var state = JsonNode.Parse((await _process.StandardOutput.ReadLineAsync(Cancellation))!)!;
            return ((int)state["blob"]!, (int)state["queue"]!, (int)state["table"]!);
        }

        public void Dispose()
        {
            _process?.Kill();
            _process?.WaitForExit();
            _process?.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
