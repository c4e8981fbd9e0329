using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using GanFunctions.Core.Runs;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Runs_that_are_moved(App app)
{
    private const string Index = "export.json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Are_the_same_afterwards_and_train_the_same_bytes()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Tiny("packed"));
        var before = await app.Http.UntilAsync("packed", "completed");

        var archive = await ExportAsync("packed");
        using var imported = await ImportAsync("unpacked", archive);

        Assert.Equal((HttpStatusCode.Created, "/api/runs/unpacked"), (imported.StatusCode, imported.Headers.Location?.ToString()));
        var after = await imported.ReadAsync();
        Assert.Equal("completed", (string)after["state"]!);
        foreach (var field in (string[])["progress", "losses", "checkpoint", "options", "cost", "createdAt", "best", "classes"])
            Assert.True(JsonNode.DeepEquals(before[field], after[field]), $"{field}: {before[field]} and {after[field]}");
        foreach (var path in (string[])["samples?count=16", "grids/1", "grids/2", "losses?format=csv"])
            Assert.Equal(await GetAsync($"packed/{path}"), await GetAsync($"unpacked/{path}"));
        foreach (var run in (string[])["packed", "unpacked"])
        {
            using var extended = await app.Http.CallAsync($"api/runs/{run}/extend", new { epochs = 1 });
            Assert.Equal(HttpStatusCode.Accepted, extended.StatusCode);
        }
        foreach (var run in (string[])["packed", "unpacked"]) await app.Http.UntilAsync(run, "completed");
        Assert.Equal(await app.Http.LastCheckpointAsync("packed"), await app.Http.LastCheckpointAsync("unpacked"));
        Assert.Equal("000-00003-000004", (await app.Http.LastCheckpointAsync("unpacked")).Name);

        // The id of a deleted run is free again
        using var deleted = await app.Http.DeleteAsync("api/runs/unpacked", Cancellation);
        using var again = await ImportAsync("unpacked", archive);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Created), (deleted.StatusCode, again.StatusCode));
        Assert.Equal("000-00002-000004", (await app.Http.LastCheckpointAsync("unpacked")).Name);
        Assert.Equal([1, 2], (await app.Http.JsonAsync("api/runs/unpacked/grids"))["epochs"]!.AsArray().Select(epoch => (int)epoch!));
    }

    [Fact]
    public async Task Give_the_same_archive_each_time_with_as_much_as_was_asked_for()
    {
        await app.Http.TrainedAsync("tiny");

        var latest = await ExportAsync("tiny");
        var (all, bare) = (await ExportAsync("tiny", "?checkpoints=all"), await ExportAsync("tiny", "?grids=false"));

        Assert.Equal(latest, await ExportAsync("tiny", "?checkpoints=latest&grids=true"));
        Assert.Equal(
            ["run.json", "losses.jsonl", "checkpoints/000-00002-000004.json", "grids/00001.png", "grids/00002.png", "blobs/", "blobs/", Index], Names(latest));
        Assert.Equal(2, Names(all).Count(name => name.StartsWith("checkpoints/", StringComparison.Ordinal)));
        Assert.DoesNotContain(Names(bare), name => name.StartsWith("grids/", StringComparison.Ordinal));
        foreach (var entry in Open(all).Entries) Assert.Equal(entry.Length, entry.CompressedLength);
        using var imported = await ImportAsync("whole", all);
        Assert.Equal(HttpStatusCode.Created, imported.StatusCode);
        Assert.Equal(await GetAsync("tiny/samples?epoch=1"), await GetAsync("whole/samples?epoch=1"));
    }

    [Fact]
    public async Task Can_be_sent_in_blocks()
    {
        await app.Http.TrainedAsync("tiny");
        var archive = await ExportAsync("tiny");
        var half = archive.Length / 2;
        foreach (var (index, block) in ((int, byte[])[])[(1, archive[half..]), (0, archive[..half])])
        {
            using var content = new ByteArrayContent(block);
            using var stored = await app.Http.PutAsync($"api/runs/in-blocks/uploads/mine/{index}", content, Cancellation);
            Assert.Equal(HttpStatusCode.NoContent, stored.StatusCode);
        }
        using var nothing = new ByteArrayContent([]);

        using var empty = await app.Http.PutAsync("api/runs/in-blocks/uploads/mine/2", nothing, Cancellation);
        using var incomplete = await app.Http.PutAsync("api/runs/in-blocks/import?upload=mine&blocks=3", nothing, Cancellation);
        using var imported = await app.Http.PutAsync("api/runs/in-blocks/import?upload=mine&blocks=2", nothing, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, empty.StatusCode);
        Assert.Equal("The upload cannot be read: 1 of 3 blocks are missing, the first of them block 2.", (string)(await incomplete.ReadAsync())["detail"]!);
        Assert.Equal(HttpStatusCode.Created, imported.StatusCode);
        Assert.Equal(await app.Http.LastCheckpointAsync("tiny"), await app.Http.LastCheckpointAsync("in-blocks"));
        await AssertNothingIsStagedAsync();
    }

    [Fact]
    public async Task Continue_if_they_were_paused()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Long("stopped"));
        await Wait.UntilAsync(async () => (int)(await app.Http.JsonAsync("api/runs/stopped"))["progress"]!["step"]! > 3, "the first steps");
        using var training = await app.Http.GetAsync("api/runs/stopped/export", Cancellation);
        await app.Http.CallAsync("api/runs/stopped/pause");
        await app.Http.UntilAsync("stopped", "paused");

        using var imported = await ImportAsync("continued", await ExportAsync("stopped"));

        Assert.Equal(HttpStatusCode.Conflict, training.StatusCode);
        Assert.Equal(
            "The run 'stopped' is training; export requires one of the states paused, cancelled, completed, failed.",
            (string)(await training.ReadAsync())["detail"]!);
        var view = await imported.ReadAsync();
        Assert.Equal(("paused", true), ((string)view["state"]!, view["actions"]!.AsArray().Any(action => (string)action! == "resume")));
        await app.Http.CallAsync("api/runs/continued/resume");
        var paused = (int)view["progress"]!["step"]!;
        await Wait.UntilAsync(async () => (int)(await app.Http.JsonAsync("api/runs/continued"))["progress"]!["step"]! > paused, "the next steps");
        foreach (var run in (string[])["stopped", "continued"])
        {
            await app.Http.CallAsync($"api/runs/{run}/cancel");
            await app.Http.UntilAsync(run, "cancelled");
        }
    }

    [Fact]
    public async Task Are_refused_if_anything_is_wrong_and_leave_nothing_behind()
    {
        await app.Http.TrainedAsync("tiny");
        var archive = await ExportAsync("tiny");
        var blob = Open(archive).Entries.First(entry => entry.FullName.StartsWith("blobs/", StringComparison.Ordinal)).FullName;
        const string checkpoint = "checkpoints/000-00002-000004.json";

        await RefusedAsync("^the upload: its central directory is damaged or missing", "no zip at all"u8.ToArray());
        await RefusedAsync("^the upload: its central directory is damaged or missing", []);
        await RefusedAsync("^the upload: its central directory is damaged or missing", archive[..(archive.Length / 2)]);
        await RefusedAsync($"^{blob}: it is damaged", Flipped(archive, blob));
        await RefusedAsync($"^{blob} is missing, although {Index} lists it", Changed(archive, files => files.Remove(blob)));
        await RefusedAsync($"^{blob} of checkpoint 000-00002-000004 is missing", Listed(archive, files => files.Remove(blob)));
        await RefusedAsync("^'../x' is not a file of an exported run", Listed(archive, files => files["../x"] = [1]));
        await RefusedAsync($"^grids/00009.png is not listed in {Index}", Changed(archive, files => files["grids/00009.png"] = [1]));
        await RefusedAsync("^grids/00009.png: it is not a grid of pictures", Listed(archive, files => files["grids/00009.png"] = [1]));
        await RefusedAsync($"^{Index} is missing; the file is not an exported run", Changed(archive, files => files.Remove(Index)));
        await RefusedAsync(
            $"^{Index} has format 2; this version reads formats up to 1", Changed(archive, files => Edit(files, Index, json => json["format"] = 2)));
        await RefusedAsync("^run.json has format 7; this version reads", Listed(archive, files => Edit(files, "run.json", json => json["format"] = 7)));
        await RefusedAsync(
            "^run.json: batchSize: 0 is not valid", Listed(archive, files => Edit(files, "run.json", json => json["options"]!["batchSize"] = 0)));
        await RefusedAsync("^run.json: speed is not an option", Listed(archive, files => Edit(files, "run.json", json => json["options"]!["speed"] = 1)));
        await RefusedAsync("^run.json: its checkpoint is null", Listed(archive, files => Edit(files, "run.json", json => json["checkpoint"] = null)));
        await RefusedAsync("^run.json: a number in it is not finite", Listed(
            archive, files => Edit(files, "run.json", json => json["imagesPerSecond"] = JsonNode.Parse("1e999"))));
        await RefusedAsync("^run.json: .*same key", Listed(archive, files => files["run.json"] = Text(
            Text(files["run.json"]).Replace("\"options\": {", "\"options\": {\"seed\": 1,", StringComparison.Ordinal))));
        await RefusedAsync($"^{checkpoint}: it claims to be", Listed(archive, files => Edit(files, checkpoint, json => json["step"] = 3)));
        await RefusedAsync("^Checkpoint 000-00002-000004 is of run 'other'", Listed(archive, files => Edit(files, checkpoint, json => json["run"] = "other")));
        await RefusedAsync("^losses.jsonl: line 1: it has no end", Listed(archive, files => files["losses.jsonl"] = "{}"u8.ToArray()));
        await RefusedAsync("^losses.jsonl: line 1: its key", Listed(archive, files => files["losses.jsonl"] = "{\"rowKey\":\"1\"}\n"u8.ToArray()));
        await RefusedAsync($"^blobs/{new string('a', 64)}: its SHA-256 in the index", Listed(archive, files => files[$"blobs/{new string('a', 64)}"] = [1]));
        await AssertNothingIsStagedAsync();
    }

    [Fact]
    public async Task Need_an_id_that_is_free_and_valid()
    {
        await app.Http.TrainedAsync("tiny");
        var archive = await ExportAsync("tiny");

        using var taken = await ImportAsync("tiny", archive);
        using var invalid = await ImportAsync("No%20Id", archive);

        Assert.Equal(
            (HttpStatusCode.Conflict, "There is a run 'tiny' already; choose another id."), (taken.StatusCode, (string)(await taken.ReadAsync())["detail"]!));
        Assert.Equal(
            (HttpStatusCode.BadRequest, "run: 'No Id' is not valid; it must be text that matches [a-z0-9-]{1,40}."),
            (invalid.StatusCode, (string)(await invalid.ReadAsync())["detail"]!));
    }

    [Fact]
    public async Task Replace_what_an_interrupted_import_left()
    {
        await app.Http.TrainedAsync("tiny");
        var archive = await ExportAsync("tiny");
        var (rows, blobs) = (new RunStore(app.Azurite.Tables().GetTableClient("GanRuns")), app.Azurite.Blobs().GetBlobContainerClient("gan"));
        var row = new RunRow { RowKey = "halfway", InstanceId = "import-1", Phase = Phase.Deleting, ClaimedAt = TimeProvider.System.GetUtcNow() };
        Assert.True(await rows.TryClaimAsync(row, Cancellation));
        await blobs.UploadBlobAsync("runs/halfway/grids/00009.png", new BinaryData("rest"), Cancellation);

        using var early = await ImportAsync("halfway", archive);
        await rows.UpdateAsync("halfway", now => (now.ClaimedAt -= TimeSpan.FromMinutes(6)) != default, Cancellation);
        using var late = await ImportAsync("halfway", archive);

        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        Assert.StartsWith("Run 'halfway' is being imported.", (string)(await early.ReadAsync())["detail"]!, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, late.StatusCode);
        Assert.Equal([1, 2], (await app.Http.JsonAsync("api/runs/halfway/grids"))["epochs"]!.AsArray().Select(epoch => (int)epoch!));
    }

    private Task<byte[]> ExportAsync(string run, string query = "") => GetAsync($"{run}/export{query}");

    private Task<byte[]> GetAsync(string path) => app.Http.GetByteArrayAsync($"api/runs/{path}", Cancellation);

    private async Task<HttpResponseMessage> ImportAsync(string run, byte[] archive)
    {
        using var content = new ByteArrayContent(archive);
        return await app.Http.PutAsync($"api/runs/{run}/import", content, Cancellation);
    }

    private async Task RefusedAsync(string reason, byte[] archive)
    {
        using var refused = await ImportAsync("refused", archive);

        var problem = await refused.ReadAsync();
        Assert.True(refused.StatusCode == HttpStatusCode.BadRequest, $"{reason}: {problem}");
        const string begin = "The archive cannot be imported: ";
        Assert.StartsWith(begin, (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Matches(reason, ((string)problem["detail"]!)[begin.Length..]);
        using var none = await app.Http.GetAsync("api/runs/refused", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Empty(await StoredAsync("runs/refused/"));
    }

    private async Task AssertNothingIsStagedAsync() => Assert.Empty(await StoredAsync("imports/"));

    private async Task<List<string>> StoredAsync(string prefix) => await app.Azurite.Blobs().GetBlobContainerClient("gan")
        .GetBlobsAsync(new() { Prefix = prefix }, Cancellation).Select(blob => blob.Name).ToListAsync(Cancellation);

    private static ZipArchive Open(byte[] archive) => new(new MemoryStream(archive));

    private static List<string> Names(byte[] archive)
    {
        using var zip = Open(archive);
        return [.. zip.Entries.Select(entry => entry.FullName.StartsWith("blobs/", StringComparison.Ordinal) ? "blobs/" : entry.FullName)];
    }

    /// <summary>An archive with a wrong byte in a file. The file is stored as it is, so its content can be found.</summary>
    private static byte[] Flipped(byte[] archive, string file)
    {
        using var zip = Open(archive);
        using var content = new MemoryStream();
        using (var stream = zip.GetEntry(file)!.Open()) stream.CopyTo(content);
        var changed = archive.ToArray();
        changed[archive.AsSpan().IndexOf(content.ToArray()) + (int)content.Length / 2] ^= 1;
        return changed;
    }

    /// <summary>An archive with other files.</summary>
    private static byte[] Changed(byte[] archive, Action<Dictionary<string, byte[]>> change)
    {
        var files = new Dictionary<string, byte[]>();
        using (var zip = Open(archive))
        {
            foreach (var entry in zip.Entries)
            {
                using var content = new MemoryStream();
                using (var stream = entry.Open()) stream.CopyTo(content);
                files[entry.FullName] = content.ToArray();
            }
        }
        change(files);
        using var changed = new MemoryStream();
        using (var zip = new ZipArchive(changed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var stream = zip.CreateEntry(name, CompressionLevel.Fastest).Open(); // other programs compress
                stream.Write(content);
            }
        }
        return changed.ToArray();
    }

    /// <summary>An archive with other files, and an index of them.</summary>
    private static byte[] Listed(byte[] archive, Action<Dictionary<string, byte[]>> change) => Changed(archive, files =>
    {
        change(files);
        Edit(files, Index, json => json["files"] = new JsonArray([.. files.Where(file => file.Key != Index).Select(file => new JsonObject
        {
            ["name"] = file.Key,
            ["size"] = file.Value.Length,
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(file.Value)),
        })]));
    });

    private static void Edit(Dictionary<string, byte[]> files, string file, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(files[file])!.AsObject();
        edit(json);
        files[file] = Text(json.ToJsonString());
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] text) => Encoding.UTF8.GetString(text);
}
