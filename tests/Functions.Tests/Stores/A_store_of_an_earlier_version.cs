using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;
using NetVips;

namespace GanFunctions.Functions.Tests.Stores;

/// <summary>
/// Each file <c>Stores/*.zip</c> is an account that an earlier version has written, with what that version answered about it. With
/// GANFUNCTIONS_WRITE_STORE=file, the current version writes one as well.
/// </summary>
public sealed class A_store_of_an_earlier_version
{
    /// <summary>Calls whose answers may not change, byte by byte.</summary>
    private static readonly string[] Exact =
    [
        "api/runs/completed/losses?format=csv", "api/runs/completed/grids/1", "api/runs/completed/grids/2", "api/runs/completed/checkpoints/2/generator",
        "api/runs/halted/losses?format=csv", "api/datasets/pets/preview", "api/sweeps/swept/trials?format=csv",
    ];

    /// <summary>Calls whose answers have at least the properties that they had.</summary>
    private static readonly string[] Json =
    [
        "api/runs/completed", "api/runs/halted", "api/runs/completed/checkpoints", "api/runs/halted/checkpoints", "api/sweeps/swept",
        "api/runs/completed/projections", "api/datasets/pets",
    ];

    /// <summary>Calls whose pictures are computed, and so may differ a little on another processor.</summary>
    private static readonly string[] Pictures =
    [
        "api/runs/completed/samples?count=16&seed=1", "api/runs/completed/samples?count=16&seed=1&epoch=1",
        "api/runs/halted/samples?count=4&seed=2&weights=raw",
    ];

    private const string Current = "of the current version";
    private static readonly string? Kept = Environment.GetEnvironmentVariable("GANFUNCTIONS_WRITE_STORE");
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Stores");

    public static TheoryData<string> Stores { get; } =
        [.. Directory.GetFiles(Folder, "*.zip").Select(file => Path.GetFileName(file)!), .. Kept is not null ? [Current] : Array.Empty<string>()];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Is_read_served_and_continued(string store)
    {
        var path = Path.Combine(Folder, store);
        if (store == Current) await WriteAsync(path = Kept!);
        await using var zip = await ZipFile.OpenReadAsync(path, Cancellation);
        await using var azurite = await AzuriteFixture.StartAsync();
        await StoredAccount.ReadAsync(zip, azurite);
        await using var app = App.Start(azurite.ConnectionString);
        var http = await app.WaitUntilListeningAsync();

        foreach (var call in Exact) Assert.Equal(await AnswerAsync(zip, call), await http.GetByteArrayAsync(call, Cancellation));
        foreach (var call in Json) Assert.Empty(Changes(JsonNode.Parse(await AnswerAsync(zip, call)), await http.JsonAsync(call), call));
        foreach (var call in Pictures) Assert.InRange(Difference(await AnswerAsync(zip, call), await http.GetByteArrayAsync(call, Cancellation)), 0, 2);

        // A new run uses the uploaded data set, a paused run goes on, and a completed one is extended
        var onPets = ApiCalls.Tiny("on-pets");
        (onPets["dataset"], onPets["imagesPerEpoch"]) = ("pets", null);
        using (var started = await http.StartAsync(onPets)) Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var halted = (await http.LastCheckpointAsync("halted")).Name;
        using (var resumed = await http.CallAsync("api/runs/halted/resume")) Assert.Equal(HttpStatusCode.Accepted, resumed.StatusCode);
        if (Soak.IsOn)
        {
            await http.UntilAsync("halted", "completed");
            Assert.Equal("000-00001-000600", (await http.LastCheckpointAsync("halted")).Name);
        }
        else
        {
            await Wait.UntilAsync(
                async () => string.CompareOrdinal((await http.LastCheckpointAsync("halted")).Name, halted) > 0, "a checkpoint after the one that it was halted at");
            using var cancelled = await http.CallAsync("api/runs/halted/cancel");
            Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
            await http.UntilAsync("halted", "cancelled");
        }
        using (var extended = await http.CallAsync("api/runs/completed/extend", new { epochs = 1 })) Assert.Equal(HttpStatusCode.Accepted, extended.StatusCode);
        await http.UntilAsync("completed", "completed");
        Assert.Equal("000-00003-000004", (await http.LastCheckpointAsync("completed")).Name);
        Assert.Equal(0, (int)(await http.JsonAsync("api/runs/completed"))["rollBacks"]!);
        await http.UntilAsync("on-pets", "completed");
        using (var deleted = await http.DeleteAsync("api/sweeps/swept?runs=true", Cancellation)) Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    private static async Task WriteAsync(string path)
    {
        await using (var zip = await ZipFile.OpenAsync(path, ZipArchiveMode.Create, Cancellation))
        await using (var azurite = await AzuriteFixture.StartAsync())
        {
            await using (var app = App.Start(azurite.ConnectionString)) await FillAsync(await app.WaitUntilListeningAsync());
            await StoredAccount.WriteAsync(azurite, zip);
        }

        await using var written = await ZipFile.OpenAsync(path, ZipArchiveMode.Update, Cancellation);
        await using var copy = await AzuriteFixture.StartAsync();
        await StoredAccount.ReadAsync(written, copy);
        await using var reader = App.Start(copy.ConnectionString);
        var http = await reader.WaitUntilListeningAsync();
        foreach (var call in Exact.Concat(Json).Concat(Pictures))
        {
            await using var entry = await written.CreateEntry(EntryOf(call), CompressionLevel.SmallestSize).OpenAsync(Cancellation);
            await entry.WriteAsync(await http.GetByteArrayAsync(call, Cancellation), Cancellation);
        }
    }

    private static async Task FillAsync(HttpClient http)
    {
        using var pets = Uploads.ZipOf(
            [.. Enumerable.Range(0, 40).Select(i => ($"{(i % 2 == 0 ? "dogs" : "cats")}/{i}.png", Tests.Pictures.Png(i * 6, side: 28)))]);
        await http.UploadAsync("pets", pets);
        var completed = ApiCalls.Tiny("completed");
        completed["conditional"] = true;
        using (var started = await http.StartAsync(completed)) started.EnsureSuccessStatusCode();
        await http.UntilAsync("completed", "completed");
        using var picture = new ByteArrayContent(Tests.Pictures.Png(100));
        using (var projected = await http.PostAsync("api/runs/completed/project?steps=2", picture, Cancellation)) projected.EnsureSuccessStatusCode();
        await Wait.UntilAsync(
            async () => (string)(await http.JsonAsync("api/runs/completed/projections"))["projections"]![0]!["state"]! == "completed", "the projection");

        var halted = ApiCalls.Tiny("halted");
        (halted["epochs"], halted["imagesPerEpoch"], halted["maxSliceSeconds"]) = (1, 9_600, 1);
        using (var started = await http.StartAsync(halted)) started.EnsureSuccessStatusCode();
        await Wait.UntilAsync(async () => (await http.JsonAsync("api/runs/halted"))["checkpoint"] is not null, "a checkpoint in mid-epoch");
        using (var paused = await http.CallAsync("api/runs/halted/pause")) paused.EnsureSuccessStatusCode();
        await http.UntilAsync("halted", "paused");

        await http.UploadNoiseAsync();
        var sweep = SweepCalls.Body("swept", trials: 2, parallel: 1, epochs: 1);
        await http.StartSweepAsync(sweep);
        await http.SweepUntilAsync("swept", "completed");
    }

    private static async Task<byte[]> AnswerAsync(ZipArchive zip, string call)
    {
        await using var entry = await zip.GetEntry(EntryOf(call))!.OpenAsync(Cancellation);
        using var memory = new MemoryStream();
        await entry.CopyToAsync(memory, Cancellation);
        return memory.ToArray();
    }

    private static string EntryOf(string call) => $"answers/{Uri.EscapeDataString(call)}";

    /// <summary>What was in an answer and is not any more, or differs. Times of changes and estimates are not compared.</summary>
    private static IEnumerable<string> Changes(JsonNode? was, JsonNode? now, string where) => (was, now) switch
    {
        (JsonObject before, JsonObject after) => before
            .Where(member => member.Key is not ("updatedAt" or "cost" or "links"))
            .SelectMany(member => Changes(member.Value, after[member.Key], $"{where}.{member.Key}")),
        (JsonArray before, JsonArray after) when before.Count == after.Count =>
            before.Zip(after).SelectMany((pair, i) => Changes(pair.First, pair.Second, $"{where}[{i}]")),
        _ => JsonNode.DeepEquals(was, now) ? [] : [$"{where} was {was?.ToJsonString()} and is {now?.ToJsonString()}"],
    };

    private static double Difference(byte[] one, byte[] other)
    {
        using var first = Image.NewFromBuffer(one);
        using var second = Image.NewFromBuffer(other);
        Assert.Equal((first.Width, first.Height), (second.Width, second.Height));
        using var difference = (first - second).Abs();
        return difference.Max();
    }
}
