using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Uploads(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_IDX_files_in_a_form_can_be_trained_on_and_removed_when_no_run_needs_them()
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Idx(0x803, [64, 28, 28])), "images", "whatever.idx" },
            { new ByteArrayContent(Idx(0x801, [64])), "labels", "whatever-else.idx" },
        };
        var stored = await app.Http.UploadAsync("noise", form);
        Assert.Equal((58, 6, 28, 1), ((int)stored["train"]!, (int)stored["test"]!, (int)stored["size"]!, (int)stored["channels"]!));
        Assert.Contains("noise", (await app.Http.JsonAsync("api/datasets"))["datasets"]!.AsArray().Select(set => (string)set!["name"]!));

        var body = ApiCalls.Tiny("on-noise");
        (body["dataset"], body["imagesPerEpoch"]) = ("noise", null);
        using var started = await app.Http.StartAsync(body);
        await app.Http.CallAsync("api/runs/on-noise/pause");
        await app.Http.UntilAsync("on-noise", "paused");
        using var replacement = new ByteArrayContent([0x50, 0x4b, 3, 4]) { Headers = { ContentType = new("application/zip") } };
        using var refused = await app.Http.DeleteAsync("api/datasets/noise", Cancellation);
        using var refusedToo = await app.Http.PutAsync("api/datasets/noise", replacement, Cancellation);
        foreach (var refusal in (HttpResponseMessage[])[refused, refusedToo])
        {
            Assert.Equal(HttpStatusCode.Conflict, refusal.StatusCode);
            Assert.Equal("Run 'on-noise' uses 'noise'; cancel the run first.", (string)(await refusal.ReadAsync())["detail"]!);
        }

        await app.Http.CallAsync("api/runs/on-noise/resume");
        await app.Http.UntilAsync("on-noise", "completed");
        using var removed = await app.Http.DeleteAsync("api/datasets/noise", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Empty(await FilesAsync("noise"));
        using var extended = await app.Http.CallAsync("api/runs/on-noise/extend", new { epochs = 1 });
        Assert.Equal((HttpStatusCode.Conflict, "The data set is gone."), (extended.StatusCode, (string)(await extended.ReadAsync())["title"]!));
        Assert.Equal("completed", await app.Http.StateAsync("on-noise"));
    }

    [Fact]
    public async Task Of_pictures_in_folders_become_a_data_set_with_names_for_its_classes_and_a_preview()
    {
        using var zip = ZipOf(
        [
            .. Enumerable.Range(0, 30).Select(i => ($"{(i % 2 == 0 ? "dogs" : "cats")}/{i}.png", Pictures.Png(i * 8))),
            ("dogs/notes.txt", "no picture"u8.ToArray()),
        ]);

        var view = await app.Http.UploadAsync("pets", zip, "?size=32&channels=3");

        Assert.Equal((27, 3, 2, 32, 3), ((int)view["train"]!, (int)view["test"]!, (int)view["classes"]!, (int)view["size"]!, (int)view["channels"]!));
        Assert.Equal(["cats", "dogs"], view["classNames"]!.AsArray().Select(name => (string)name!));
        Assert.Equal([0, 1], view["labels"]!.AsArray().Select(label => (int)label!));
        var conversion = view["conversion"]!;
        Assert.Equal((31, 31, 1), ((int)conversion["done"]!, (int)conversion["total"]!, (int)conversion["problemCount"]!));
        Assert.Equal(
            ("dogs/notes.txt", "it is not a picture, according to its name"),
            ((string)conversion["problems"]![0]!["file"]!, (string)conversion["problems"]![0]!["problem"]!));

        using var preview = await app.Http.GetAsync((string)view["links"]!["preview"]!, Cancellation);
        Assert.Equal("image/png", preview.Content.Headers.ContentType?.MediaType);
        Assert.Equal((8 * 34 - 2) * 2, Png.Size(await preview.Content.ReadAsByteArrayAsync(Cancellation)).Width);
        using var again = new HttpRequestMessage(HttpMethod.Get, "api/datasets/pets/preview") { Headers = { IfNoneMatch = { preview.Headers.ETag! } } };
        using var unchanged = await app.Http.SendAsync(again, Cancellation);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Are_not_needed_for_the_preview_of_a_built_in_data_set()
    {
        Assert.Equal((8 * 30 - 2) * 2, Png.Size(await app.Http.GetByteArrayAsync("api/datasets/digits/preview", Cancellation)).Width);

        using var none = await app.Http.GetAsync("api/datasets/fashion-mnist/preview", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Equal("'fashion-mnist' is downloaded when a run first trains on it, which has not happened yet.", (string)(await none.ReadAsync())["detail"]!);
    }

    [Fact]
    public async Task That_the_client_does_not_finish_leave_nothing_behind()
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var content = new StreamContent(new Endless(after: 9_000_000, gone.Cancel)) { Headers = { ContentType = new("application/zip") } };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => app.Http.PutAsync("api/datasets/half", content, gone.Token));

        await UntilNothingIsLeftAsync("half");
        using var none = await app.Http.GetAsync("api/datasets/half", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Theory]
    [InlineData("", "application/zip", "", 400, "The upload cannot be read: it is empty.")]
    [InlineData("", "application/zip", "<html>", 400,
        "The upload cannot be read: it is an HTML page; only zip, tar and tar.gz archives and single IDX, CSV and Parquet files are supported.")]
    [InlineData("", "application/octet-stream", "PK\u0005\u0006", 400, "The upload cannot be read: it is an empty zip archive.")]
    [InlineData("?size=30", "application/zip", "PK\u0003\u0004", 400, "size: '30' is not valid; it must be one of 28, 32, 64, 128.")]
    [InlineData("?channels=2", "application/zip", "PK\u0003\u0004", 400, "channels: '2' is not valid; it must be one of 1, 3, 4.")]
    [InlineData("", "image/png", "Rar!", 400,
        "The upload cannot be read: it is a RAR archive; only zip, tar and tar.gz archives and single IDX, CSV and Parquet files are supported.")]
    [InlineData("", "text/plain", "\u0001\u0002", 400, "The upload cannot be read: it is of an unknown format and starts with 0102; "
        + "only zip, tar and tar.gz archives and single IDX, CSV and Parquet files are supported.")]
    [InlineData("?fit=zoom", "application/zip", "PK\u0003\u0004", 400, "fit: 'zoom' is not valid; it must be one of crop, pad, stretch.")]
    [InlineData("?background=red", "application/zip", "PK\u0003\u0004", 400,
        "background: 'red' is not valid; it must be black, white or six hexadecimal digits.")]
    [InlineData("?upload=a", "application/zip", "", 400, "upload and blocks must be given together.")]
    [InlineData("?upload=none&blocks=2", "application/zip", "", 400, "The upload cannot be read: 2 of 2 blocks are missing, the first of them block 0.")]
    [InlineData("", "application/json", "{\"source\": \"http://example.com/x.zip\"}", 400,
        "source: 'http://example.com/x.zip' is not valid; it must be an https address without a user name.")]
    [InlineData("", "application/json", "{\"url\": \"https://example.com/x.zip\"}", 400,
        "url is not a field here; valid is source, as in {\"source\": \"https://example.com/pets.zip\"}.")]
    public async Task With_an_invalid_request_are_refused_at_once(string query, string type, string body, int status, string detail)
    {
        using var content = new ByteArrayContent([.. body.Select(letter => (byte)letter)]) { Headers = { ContentType = new(type) } };
        using var answer = await app.Http.PutAsync($"api/datasets/wrong{query}", content, Cancellation);

        Assert.Equal((status, detail), ((int)answer.StatusCode, (string)(await answer.ReadAsync())["detail"]!));
        Assert.Empty(await FilesAsync("wrong"));
    }

    [Fact]
    public async Task May_be_a_tar_archive_or_a_form_with_a_zip_or_have_a_wrong_media_type()
    {
        (string Name, byte[] Content)[] files = [.. Enumerable.Range(0, 4).Select(i => ($"{(i % 2 == 0 ? "dogs" : "cats")}/{i}.png", Pictures.Png(i * 8)))];
        using var zip = ZipOf(files);
        var bytes = await zip.ReadAsByteArrayAsync(Cancellation);
        using var unnamed = new ByteArrayContent(bytes);
        using var wrong = new ByteArrayContent(bytes) { Headers = { ContentType = new("application/x-www-form-urlencoded") } };
        using var form = new MultipartFormDataContent { { new ByteArrayContent(bytes), "file", "pets.zip" } };
        using var pictures = new MultipartFormDataContent { { new ByteArrayContent(files[0].Content), "a", "1.png" },
            { new ByteArrayContent(files[1].Content), "b", "2.png" } };
        using var tar = new ByteArrayContent(TarOf(files, compressed: false));
        using var tarGz = new ByteArrayContent(TarOf(files, compressed: true));

        var first = (string)(await app.Http.UploadAsync("same-1", zip))["sha256"]!;
        foreach (var (index, body) in new HttpContent[] { unnamed, wrong, form, tar, tarGz }.Index())
        {
            var view = await app.Http.UploadAsync($"same-{index + 2}", body);
            Assert.Equal((first, 2), ((string)view["sha256"]!, (int)view["classes"]!));
        }
        Assert.Equal(1, (int)(await app.Http.UploadAsync("same-7", pictures))["train"]!);
    }

    [Fact]
    public async Task In_a_form_may_have_Unicode_names_and_a_field_without_a_file()
    {
        using var form = new MultipartFormDataContent("border") { Part("form-data; name=\"more\"; filename=\"\"", []) };
        using var nothing = await app.Http.PutAsync("api/datasets/chosen", form, Cancellation);
        Assert.Equal((400, "The upload cannot be read: the form has no file."), ((int)nothing.StatusCode, (string)(await nothing.ReadAsync())["detail"]!));

        using var names = new MultipartFormDataContent("border") { Part("form-data; name=\"more\"; filename=\"\"", []) };
        for (var i = 0; i < 4; i++) names.Add(Part($"form-data; name=\"a\"; filename*=UTF-8''{(i % 2 == 0 ? "D%C3%B6ggen" : "cats")}%2F{i}.png", Pictures.Png(i * 8)));

        var view = await app.Http.UploadAsync("chosen", names);

        Assert.Equal(["Döggen", "cats"], view["classNames"]!.AsArray().Select(each => (string)each!));

        static ByteArrayContent Part(string disposition, byte[] content) =>
            new(content) { Headers = { ContentDisposition = System.Net.Http.Headers.ContentDispositionHeaderValue.Parse(disposition) } };
    }

    [Fact]
    public async Task In_blocks_are_the_same_as_in_one_request()
    {
        using var zip = ZipOf([.. Enumerable.Range(0, 6).Select(i => ($"{(i % 2 == 0 ? "dogs" : "cats")}/{i}.png", Pictures.Png(i * 8)))]);
        var whole = await app.Http.UploadAsync("in-one", zip);
        var blocks = (await zip.ReadAsByteArrayAsync(Cancellation)).Chunk(500).ToArray();

        await Task.WhenAll(blocks.Index().Reverse().Select(async block =>
        {
            using var content = new ByteArrayContent(block.Item);
            using var stored = await app.Http.PutAsync($"api/datasets/in-blocks/uploads/mine/{block.Index}", content, Cancellation);
            Assert.Equal(HttpStatusCode.NoContent, stored.StatusCode);
        }));
        using var nothing = new ByteArrayContent([]);
        using var empty = await app.Http.PutAsync("api/datasets/in-blocks/uploads/mine/0", nothing, Cancellation);
        Assert.Equal(
            (400, "The upload cannot be read: block 0 is empty; it must have 1 to 104857600 bytes."),
            ((int)empty.StatusCode, (string)(await empty.ReadAsync())["detail"]!));
        using var early = await app.Http.PutAsync($"api/datasets/in-blocks?upload=mine&blocks={blocks.Length + 1}", nothing, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, early.StatusCode);
        var view = await app.Http.UploadAsync("in-blocks", nothing, $"?upload=mine&blocks={blocks.Length}");

        Assert.Equal((string)whole["sha256"]!, (string)view["sha256"]!);
    }

    [Fact]
    public async Task From_a_private_address_are_refused()
    {
        using var content = new StringContent("{\"source\": \"https://localhost/pets.zip\"}");

        using var taken = await app.Http.PutAsync("api/datasets/private", content, Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        var view = await app.Http.ConvertedAsync("private");
        Assert.Contains("localhost is in a private network", (string)view["conversion"]!["error"]!, StringComparison.Ordinal);
    }

    private static byte[] TarOf((string Name, byte[] Content)[] files, bool compressed)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, leaveOpen: true))
        {
            foreach (var (name, content) in files) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }
        if (!compressed) return memory.ToArray();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(memory.ToArray());
        return packed.ToArray();
    }

    /// <summary>A zip archive as a body.</summary>
    internal static ByteArrayContent ZipOf(params (string Name, byte[] Content)[] files)
    {
        using var memory = new MemoryStream();
        using (var archive = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }
        return new ByteArrayContent(memory.ToArray()) { Headers = { ContentType = new("application/zip") } };
    }

    private Task UntilNothingIsLeftAsync(string name) => Wait.UntilAsync(
        async () => (await FilesAsync(name)).Count == 0, $"the staged files of {name} to be deleted");

    private async Task<List<string>> FilesAsync(string name)
    {
        List<string> names = [];
        await foreach (var blob in app.Azurite.Blobs().GetBlobContainerClient("gan").GetBlobsAsync(new() { Prefix = $"datasets/{name}/" }, Cancellation))
            if (!blob.Name.EndsWith("conversion.json", StringComparison.Ordinal)) names.Add(blob.Name);
        return names;
    }

    /// <summary>A body that begins like a zip archive and whose sender disconnects.</summary>
    private sealed class Endless(int after, Action giveUp) : Stream
    {
        private int _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _read; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_read >= after) giveUp();
            buffer.AsSpan(offset, count).Clear();
            if (_read == 0) ((byte[])[0x50, 0x4b, 3, 4]).CopyTo(buffer.AsSpan(offset));
            _read += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    [Fact]
    public async Task That_are_damaged_name_the_file_and_leave_nothing_behind()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Idx(0x803, [64, 28, 28])[..5000]), "images", "cut.idx" } };

        using var taken = await app.Http.PutAsync("api/datasets/cut", form, Cancellation);

        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        var view = await app.Http.ConvertedAsync("cut");
        Assert.Equal((false, "failed"), ((bool)view["stored"]!, (string)view["conversion"]!["state"]!));
        Assert.StartsWith("images: it is truncated", (string)view["conversion"]!["error"]!, StringComparison.Ordinal);
        using var preview = await app.Http.GetAsync("api/datasets/cut/preview", Cancellation);
        Assert.Equal("'cut' has no pictures; the state of its upload is failed.", (string)(await preview.ReadAsync())["detail"]!);
        await UntilNothingIsLeftAsync("cut");
    }

    /// <summary>An IDX file of noise.</summary>
    internal static byte[] Idx(int magic, int[] shape)
    {
        var content = new byte[shape.Aggregate(1, (product, side) => product * side)];
        new Random(1).NextBytes(content);
        return [.. new[] { magic }.Concat(shape).SelectMany(number => BitConverter.GetBytes(number).Reverse()), .. content];
    }
}
