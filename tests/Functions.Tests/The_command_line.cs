using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

/// <summary>The tool <c>gan</c>, as a user types it, run in a folder of its own.</summary>
[Collection(nameof(SharedApp))]
public sealed class The_command_line(App app) : IDisposable
{
    private static readonly string Gan = Path.Combine(AppContext.BaseDirectory, "gan.dll");
    private static readonly string[] Tiny =
    [
        "--preset", "compact", "--widthMultiplier", "0.25", "--batchSize", "8", "--qualitySamples=0", "--precision", "fp32", "--threads", "1", "--conditional",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("gan-cli-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Trains_on_a_folder_and_pulls_what_the_run_has_made()
    {
        foreach (var name in (string[])["cats", "dogs"])
        {
            var pictures = Directory.CreateDirectory(Path.Combine(_folder, "Cli Pets", name)).FullName;
            for (var i = 0; i < 12; i++) await File.WriteAllBytesAsync(Path.Combine(pictures, $"{i}.png"), Pictures.Png(i * 8, side: 28), Cancellation);
        }

        var (code, output, errors) = await RunAsync(["train", "Cli Pets", "--epochs", "2", .. Tiny]);

        Assert.True(code == 0, errors);
        Assert.Contains("Data set 'cli-pets': 24 pictures of 28x28, greyscale, in the classes cats, dogs", output, StringComparison.Ordinal);
        Assert.Contains("Training 'cli-pets' on the data set 'cli-pets'; follow it at http://", output, StringComparison.Ordinal);
        Assert.Contains("\ncompleted  epoch 2/2", output, StringComparison.Ordinal);
        Assert.Equal((0, Path.Combine(_folder, "samples.png"), ""), await RunAsync("pull", "cli-pets"));
        Assert.Equal((8 * 30 - 2) * 2, Png.Size(await ReadAsync("samples.png")).Width);
        Assert.Equal(0, (await RunAsync("pull", "cli-pets", "-o", "sub/four.jpg", "--count", "4", "--label", "cats", "--epoch", "1")).Code);
        Assert.Equal([0xff, 0xd8], (await ReadAsync("sub/four.jpg"))[..2]);
        Assert.Equal(0, (await RunAsync("pull", "cli-pets", "generator", "-o", "pets.onnx", "--weights", "raw")).Code);
        Assert.Equal((0, Path.Combine(_folder, "cli-pets.safetensors"), ""), await RunAsync("pull", "cli-pets", "generator"));
        Assert.True((await ReadAsync("cli-pets.safetensors")).Length > (await ReadAsync("pets.onnx")).Length);
        Assert.Equal(0, (await RunAsync("pull", "cli-pets", "grid", "--epoch", "1")).Code);
        Assert.StartsWith("attempt,epoch,step,", (await RunAsync("pull", "cli-pets", "losses", "-o", "-")).Output, StringComparison.Ordinal);
        Assert.Equal((0, Path.Combine(_folder, "cli-pets.zip"), ""), await RunAsync("pull", "cli-pets", "archive", "--checkpoints", "all"));
        Assert.Equal((1, "", "There is a run 'cli-pets' already; choose another id."), await RunAsync("import", "cli-pets.zip"));
        var imported = (await RunAsync("import", "cli-pets.zip", "--run", "cli-moved")).Output;
        Assert.StartsWith("Run 'cli-moved' is imported, completed; see http://", imported, StringComparison.Ordinal);
        Assert.Equal(await app.Http.LastCheckpointAsync("cli-pets"), await app.Http.LastCheckpointAsync("cli-moved"));
        Assert.Equal((1, "", "'samples.png' is not the archive of a run."), await RunAsync("import", "samples.png"));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.partial"));
    }

    [Fact]
    public async Task Lists_and_shows_runs()
    {
        await app.Http.TrainedAsync("tiny");

        var (code, table, _) = await RunAsync("runs", "--state", "completed", "--limit", "1000");
        Assert.Equal(0, code);
        Assert.Matches(@"run +state +data set +epoch +images/s +distance +age", table);
        Assert.Matches(@"tiny +completed +digits +2/2 +\d+ +- +(< 1|\d+) min", table);
        Assert.Matches(@"progress +epoch 2 of 2, step 4 of 4, 100 ?%", (await RunAsync("show", "tiny")).Output);
        Assert.Equal("tiny", (string)JsonNode.Parse((await RunAsync("runs", "tiny", "--json")).Output)!["run"]!);
        var listed = JsonNode.Parse((await RunAsync("runs", "--json", "--limit", "1000")).Output)!["runs"]!.AsArray();
        Assert.Contains("tiny", listed.Select(run => (string)run!["run"]!));
    }

    [Fact]
    public async Task Controls_a_run()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Long("cli-long"));

        Assert.Equal("paused", await StateAfterAsync("pause"));
        Assert.Equal(0, (await RunAsync("resume", "cli-long")).Code);
        Assert.Matches("Run 'cli-long' is [a-z]+, epoch [01] of 5.", (await RunAsync("extend", "cli-long", "--epochs", "2")).Output);
        var (code, _, refusal) = await RunAsync("delete", "cli-long");
        Assert.Equal(1, code);
        Assert.Contains("delete requires one of the states", refusal, StringComparison.Ordinal);
        Assert.Equal("cancelled", await StateAfterAsync("cancel"));
        Assert.Equal((0, "Run 'cli-long' is deleted.", ""), await RunAsync("delete", "cli-long"));
        Assert.Equal((5, "", "There is no run 'cli-long'. GET /api/runs lists the runs."), await RunAsync("show", "cli-long"));

        async Task<string> StateAfterAsync(string verb)
        {
            Assert.Equal(0, (await RunAsync(verb, "cli-long")).Code);
            var watched = await RunAsync("watch", "cli-long");
            Assert.Equal(verb == "cancel" ? (1, "The run 'cli-long' was cancelled.") : (0, ""), (watched.Code, watched.Errors));
            return await app.Http.StateAsync("cli-long");
        }
    }

    [Fact]
    public async Task Follows_a_run_although_the_connection_breaks()
    {
        await using var proxy = await FlakyProxy.StartAsync(app.Http);
        using var started = await app.Http.StartAsync(ApiCalls.Tiny("cli-watched"));

        var (code, output, errors) = await RunAsync("watch", "cli-watched", "--json", "--url", proxy.Address);

        Assert.Equal((0, ""), (code, errors));
        Assert.True(proxy.Streams > 1, $"{proxy.Streams} event streams");
        var states = output.Split('\n').Select(line => (string)JsonNode.Parse(line)!["state"]!).ToList();
        Assert.Equal("completed", states[^1]);
    }

    [Theory]
    [InlineData(2, "'rums' is not a command: the commands are train, runs, show, watch, pull, import, sweep, pause, resume, cancel, extend, delete, completion.", "rums")]
    [InlineData(2, "Required argument 'run' missing for command: 'watch'.", "watch")]
    [InlineData(2, "--seed has no meaning for generator; valid are --epoch, --weights, --format.", "pull", "tiny", "generator", "--seed", "1")]
    [InlineData(2, "Give either --epochs or --images.", "extend", "tiny")]
    [InlineData(2, "--url: 'ftp://nowhere' is not valid; it must be an address such as http://localhost:7071.", "runs", "--url", "ftp://nowhere")]
    [InlineData(2, "epochs: 0 is not valid; it must be a whole number from 1 to 99999.", "train", "digits", "--epochs", "0", "--detach")]
    [InlineData(2, "count: '9999' is not valid; it must be a whole number from 1 to 1024.", "pull", "tiny", "--count", "9999")]
    [InlineData(3, "The app at http://127.0.0.1:9/ does not answer: Connection refused (127.0.0.1:9). Start it, or name another with --url.",
        "watch", "tiny", "--url", "http://127.0.0.1:9", "--key", "secret")]
    [InlineData(5, "There is no run 'nobody'. GET /api/runs lists the runs.", "watch", "nobody")]
    [InlineData(1, "There is no folder or archive 'no-pets', and no data set of that name.", "train", "no-pets")]
    public async Task Says_what_is_wrong_and_ends_with_a_code(int code, string message, params string[] arguments)
    {
        await app.Http.TrainedAsync("tiny");

        var ended = await RunAsync(arguments);

        Assert.Equal((code, "", message), (ended.Code, ended.Output, ended.Errors.Split('\n')[0]));
    }

    [Fact]
    public async Task Is_completed_by_shells()
    {
        await app.Http.TrainedAsync("tiny");

        await Wait.UntilAsync(
            async () => (await RunAsync("[suggest:13]", "gan watch tiny")).Output.Split('\n')[0] == "tiny", // empty while the app takes longer than a completion waits
            "the completion of a run's id");
        Assert.Equal("--epochs", (await RunAsync("[suggest:21]", "gan train digits --ep")).Output);
        Assert.Equal(["compact", "dcgan", "tutorial"], (await RunAsync("[suggest:19]", "gan train --preset ")).Output.Split('\n').Where(word => word[0] != '-'));
        Assert.Contains("complete -o default -F _gan gan", (await RunAsync("completion", "bash")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_part_of_the_app_too()
    {
        await app.Http.TrainedAsync("tiny");

        var (code, output, _) = await RunDllAsync(App.Dll, "show", "tiny", "--url", $"{app.Http.BaseAddress}");

        Assert.Equal(0, code);
        Assert.Matches("run +tiny", output);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) => RunDllAsync(Gan, arguments);

    private async Task<(int Code, string Output, string Errors)> RunDllAsync(string dll, params string[] arguments)
    {
        await using var process = AppProcess.Start(dll, arguments, new Dictionary<string, string?> { ["GAN_URL"] = $"{app.Http.BaseAddress}" }, _folder);
        var code = await process.ExitAsync();
        var (lines, errors) = (process.Lines.Select(line => line.Text).ToList(), process.Errors.Split('\n'));
        foreach (var error in errors) lines.Remove(error);
        return (code, string.Join('\n', lines), process.Errors);
    }

    private Task<byte[]> ReadAsync(string file) => File.ReadAllBytesAsync(Path.Combine(_folder, file), Cancellation);
}
