using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>Azurite on a file system of 80 MB. Mounting one needs root, and Azurite may not answer for minutes, so this is a soak test.</summary>
public sealed class A_full_disk : IAsyncLifetime
{
    private readonly string _disk = AzuriteFixture.NewFolder();
    private AzuriteFixture? _azurite;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Filler => Path.Combine(_disk, "filler");

    public async ValueTask InitializeAsync()
    {
        Soak.Only("two minutes");
        if (!OperatingSystem.IsLinux() || await RunAsync("mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", _disk) != 0)
            throw Missing.Here("A file system of limited size needs Linux and root.");
        _azurite = new AzuriteFixture { Location = Path.Combine(_disk, "azurite") };
        await _azurite.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
            await RunAsync("umount", "--lazy", _disk);
        }
        Directory.Delete(_disk);
    }

    [Fact]
    public async Task Stops_a_run_until_there_is_room_and_then_it_ends_with_the_same_bytes()
    {
        await using var app = App.Start(_azurite!.ConnectionString);
        var http = await app.WaitUntilListeningAsync();
        using (var started = await http.StartAsync(Options("before"))) started.EnsureSuccessStatusCode();
        await http.UntilAsync("before", "completed");

        // Room for the rows of a run, but not for the files of a checkpoint
        await RunAsync("fallocate", "-l", $"{new DriveInfo(_disk).AvailableFreeSpace - 4_000_000}", Filler);
        using (var started = await http.StartAsync(Options("full"))) Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await app.WaitForLineAsync("Run full: uploading file");
        await Assert.ThrowsAnyAsync<Exception>(StoreAsync);
        Assert.NotEqual("failed", await http.StateAsync("full"));

        File.Delete(Filler);
        await http.UntilAsync("full", "completed");
        Assert.Equal(await http.LastCheckpointAsync("before"), await http.LastCheckpointAsync("full"));
    }

    private static JsonObject Options(string run)
    {
        var options = ApiCalls.Tiny(run);
        options["widthMultiplier"] = 1; // files of several megabytes
        return options;
    }

    /// <summary>Stores as much as a checkpoint has, without retries. Azurite answers with 500 on a full disk, or not at all.</summary>
    private Task StoreAsync()
    {
        var options = new BlobClientOptions { Retry = { MaxRetries = 0, NetworkTimeout = TimeSpan.FromSeconds(10) } };
        var container = new BlobServiceClient(_azurite!.ConnectionString, options).GetBlobContainerClient("gan");
        return container.UploadBlobAsync("too-much", new BinaryData(new byte[8_000_000]), Cancellation);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(Cancellation);
        return process.ExitCode;
    }
}
