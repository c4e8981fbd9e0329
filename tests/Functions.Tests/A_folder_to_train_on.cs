using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

/// <summary>The command <c>train</c>, as a user types it, run in a folder of its own.</summary>
public sealed class A_folder_to_train_on : IAsyncLifetime
{
    private static readonly string[] Tiny =
    [
        "--preset", "compact", "--widthMultiplier", "0.25", "--batchSize", "8", "--qualitySamples=0", "--precision", "fp32", "--threads", "1", "--conditional",
        "--urls", "http://127.0.0.1:0",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("gan-train-").FullName;
    private AzuriteFixture? _azurite;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _azurite = await AzuriteFixture.StartAsync();
        foreach (var name in (string[])["cats", "dogs"])
        {
            var pictures = Directory.CreateDirectory(Path.Combine(_folder, "My Pets", name)).FullName;
            for (var i = 0; i < 12; i++) await File.WriteAllBytesAsync(Path.Combine(pictures, $"{i}.png"), Pictures.Png(i * 8), Cancellation);
        }
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
    }

    public async ValueTask DisposeAsync()
    {
        await _azurite!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Becomes_a_data_set_a_run_and_a_picture()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "My Pets", "cats", "notes.txt"), "no picture", Cancellation);
        await using var app = Train("My Pets", ["--epochs", "1", "--size", "32", "--channels", "3", .. Tiny]);

        Assert.True(await app.ExitAsync() == 0, app.Output);

        Assert.Equal((8 * 34 - 2) * 3, Png.Size(await File.ReadAllBytesAsync(Path.Combine(_folder, "out", "my-pets.png"), Cancellation)).Width);
        foreach (var part in (string[])
        [
            "1 of 25 files cannot be used:", "cats/notes.txt: it is not a picture, according to its name",
            "Data set 'my-pets': 24 pictures of 32x32, colour, in the classes cats, dogs", "Training 'my-pets' on the data set 'my-pets'; follow it at http://",
        ])
        {
            Assert.Contains(part, app.Output, StringComparison.Ordinal);
        }
        Assert.Empty(app.Errors);
    }

    [Fact]
    public async Task Is_resumed_by_the_same_command_and_by_no_other()
    {
        string[] options = ["--epochs", "9999", .. Tiny];
        await using (var app = Train("My Pets", options))
        {
            await app.WaitForLineAsync(
                line => line.StartsWith("training  epoch ", StringComparison.Ordinal) && !line.Contains(" 0/9999", StringComparison.Ordinal));
            Assert.Equal(0, await app.StopAsync());
            Assert.Contains("Stopped. The training is committed; the same command resumes it.", app.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal);
        }

        await using (var app = Train("My Pets", options))
        {
            await app.WaitForLineAsync("Resuming 'my-pets'; follow it at http://");
            await app.WaitForLineAsync(line => line.StartsWith("training  epoch ", StringComparison.Ordinal));
            Assert.DoesNotContain("Uploading", app.Output, StringComparison.Ordinal);
            Assert.Equal(0, await app.StopAsync());
        }

        await using var other = Train("My Pets", ["--epochs", "1", .. Tiny]);
        Assert.Equal(1, await other.ExitAsync());
        Assert.Equal(
            "Run 'my-pets' uses 'my-pets'; cancel the run first. Either repeat the command that started it, or start the app "
            + "(dotnet run --project Functions) and cancel it on the page.", other.Errors);
    }

    [Theory]
    [InlineData("train needs a folder of pictures, an archive or the name of a data set as its first argument; "
        + "'dotnet run --project Functions -- train --help' lists what is valid.")]
    [InlineData("There is no folder or archive 'My Cats': name one that contains pictures, or a data set, such as digits.", "My Cats")]
    [InlineData("There is no folder or archive 'my-cats', and no data set of that name.", "my-cats", "--urls", "http://127.0.0.1:0")]
    [InlineData("The folder 'empty' is empty: it must contain pictures, optionally in one subfolder per class.", "empty")]
    [InlineData("size: '30' is not valid; it must be one of 28, 32, 64, 128. batchSize: 0 is not valid; it must be a whole number from 2 to 1024. "
        + "epoch is not an option; did you mean epochs? 'dotnet run --project Functions -- train --help' lists what is valid.",
        "My Pets", "--epoch", "3", "--size=30", "--batchSize", "0")]
    [InlineData("channels applies to uploaded pictures; the data set 'digits' is used as it is. "
        + "'dotnet run --project Functions -- train --help' lists what is valid.", "digits", "--channels", "3")]
    public async Task Or_an_option_that_is_not_valid_is_reported_before_anything_starts(string message, params string[] arguments)
    {
        await using var app = Train(arguments);

        Assert.Equal((1, message), (await app.ExitAsync(), app.Errors));
        Assert.Equal(app.Errors, string.Join('\n', app.Lines.Select(line => line.Text)));
    }

    [Fact]
    public async Task Is_one_of_the_arguments_that_the_usage_explains_on_one_screen()
    {
        await using var app = Train("--help");

        Assert.Equal(0, await app.ExitAsync());
        Assert.InRange(app.Lines.Count, 10, 24);
        Assert.All(app.Lines, line => Assert.InRange(line.Text.Length, 0, 80));
        Assert.Contains("--conditional false  --epochs 100", app.Output, StringComparison.Ordinal);
    }

    private AppProcess Train(string source, params string[] options) => Train([source, .. options]);

    private AppProcess Train(params string[] arguments) => AppProcess.Start(
        App.Dll, ["train", .. arguments], new Dictionary<string, string?> { ["AzureWebJobsStorage"] = _azurite!.ConnectionString }, _folder);
}
