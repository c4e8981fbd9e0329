using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using NetVips;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Pictures_in_every_form(App app)
{
    private static readonly SemaphoreSlim Once = new(1);
    private static bool _isTrained;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("image/png", "image/png")]
    [InlineData("image/webp", "image/webp")]
    [InlineData("image/jpeg", "image/jpeg")]
    [InlineData("application/zip", "application/zip")]
    [InlineData("image/avif, image/webp, image/apng, image/*, */*;q=0.8", "image/webp")] // as browsers send it
    [InlineData("*/*", "image/png")]
    [InlineData("image/png;q=0.5, image/*", "image/webp")]
    [InlineData("text/plain", "image/png")]
    public async Task Are_what_Accept_asks_for(string accept, string expected)
    {
        await TrainAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/runs/forms/samples?count=4");
        request.Headers.TryAddWithoutValidation("Accept", accept);

        using var answer = await app.Http.SendAsync(request, Cancellation);

        Assert.Equal(expected, answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["Accept"], answer.Headers.Vary);
    }

    [Fact]
    public async Task Have_the_same_pixels()
    {
        await TrainAsync();
        var png = await GetAsync("samples?count=5&scale=1&columns=5");

        var (numbers, header) = Npy(await GetAsync("samples?count=5&format=npy"));
        var rows = Png.Pixels(png).Rows;
        using var grid = Image.NewFromBuffer(png);
        using var webp = Image.NewFromBuffer(await GetAsync("samples?count=5&scale=1&columns=5&format=webp"));
        Assert.Equal(0, Difference(grid, webp));
        Assert.Contains("'descr': '|u1', 'fortran_order': False, 'shape': (5, 28, 28)", header, StringComparison.Ordinal);
        Assert.Equal(rows.Select(row => row[60..88]), numbers[(2 * 784)..(3 * 784)].Chunk(28)); // the third picture
        Assert.Equal(Png.Size(png), Png.Size(await GetAsync("samples?count=5&scale=1&columns=5&format=jpeg")));
    }

    [Fact]
    public async Task Come_as_one_file_each_with_an_index()
    {
        await TrainAsync();
        var file = await GetAsync("samples?count=3&seed=9&scale=1&format=zip");

        using var zip = new ZipArchive(new MemoryStream(file));
        Assert.Equal(["index.json", "0000.png", "0001.png", "0002.png"], zip.Entries.Select(entry => entry.FullName));
        var list = JsonNode.Parse(Content(zip.Entries[0]))!;
        Assert.Equal(("forms", "ema", 9), ((string)list["run"]!, (string)list["weights"]!, (int)list["seed"]!));
        Assert.Equal(["0000.png", "0001.png", "0002.png"], list["pictures"]!.AsArray().Select(picture => (string)picture!["file"]!));
        var grid = Png.Pixels(await GetAsync("samples?count=3&seed=9&scale=1&columns=3")).Rows;
        Assert.Equal(grid.Select(row => row[30..58]), Png.Pixels(Content(zip.Entries[2])).Rows);
        Assert.Equal(file, await GetAsync("samples?count=3&seed=9&scale=1&format=zip"));
    }

    [Theory]
    [InlineData("gif")]
    [InlineData("webp")]
    public async Task Change_from_epoch_to_epoch_in_a_timelapse(string format)
    {
        await TrainAsync();
        using var all = Image.NewFromBuffer(await GetAsync($"timelapse?format={format}&milliseconds=100&hold=900"), kwargs: new() { ["n"] = -1 });
        using var ends = Image.NewFromBuffer(await GetAsync($"timelapse?format={format}&frames=2"), kwargs: new() { ["n"] = -1 });
        using var first = Image.NewFromBuffer(await GetAsync("samples?seed=42&count=64&columns=8&scale=2&epoch=1"));
        using var last = Image.NewFromBuffer(await GetAsync("samples?seed=42&count=64&columns=8&scale=2"));

        Assert.Equal([100, 100, 900], (int[])all.Get("delay"));
        Assert.Equal((476, 3 * 476, 2 * 476), (all.PageHeight, all.Height, ends.Height));
        Assert.Equal(0, Farthest(all.ExtractArea(0, 0, 476, 476), first));
        Assert.Equal(0, Farthest(ends.ExtractArea(0, 0, 476, 476), first));
        // The last grid has all 256 shades, but a GIF has only 255 colours and transparency: a few pixels are one shade off.
        Assert.InRange(Farthest(ends.ExtractArea(0, 476, 476, 476), last), 0, format == "gif" ? 1 : 0);
        Assert.InRange(Difference(ends.ExtractArea(0, 476, 476, 476), last), 0, format == "gif" ? 0.05 : 0);
        Assert.True(Difference(ends.ExtractArea(0, 0, 476, 476), last) > 5);
    }

    [Fact]
    public async Task Turn_into_each_other_in_a_walk()
    {
        await TrainAsync();
        const string Walk = "walk?seeds=3,4&frames=4&count=2&columns=2&scale=1&format=webp";
        using var open = Image.NewFromBuffer(await GetAsync($"{Walk}&closed=false"), kwargs: new() { ["n"] = -1 });
        using var closed = Image.NewFromBuffer(await GetAsync(Walk), kwargs: new() { ["n"] = -1 });
        using var first = Image.NewFromBuffer(await GetAsync("samples?seed=3&count=2&columns=2&scale=1"));
        using var last = Image.NewFromBuffer(await GetAsync("samples?seed=4&count=2&columns=2&scale=1"));

        Assert.Equal((5 * 28, 8 * 28), (open.Height, closed.Height));
        Assert.Equal(0, Difference(Frame(open, 0), first));
        Assert.Equal(0, Difference(Frame(open, 4), last));
        Assert.True(Difference(Frame(open, 2), first) > 0 && Difference(Frame(open, 2), last) > 0);
        Assert.Equal(await GetAsync(Walk), await GetAsync(Walk));

        static Image Frame(Image walk, int number) => walk.ExtractArea(0, number * 28, 58, 28);
    }

    [Theory]
    [InlineData("samples?count=1024&columns=16&scale=16&format=webp",
        "scale: 16 is not valid for 1024 pictures of 28x28x1 in 16 columns: as webp they would be 7648 pixels wide and 30688 high, "
        + "and the maximum is 16383; the largest valid scale is 4.")]
    [InlineData("samples?count=1024&scale=8&format=webp",
        "scale: 8 is not valid for 1024 pictures of 28x28x1 in 32 columns: as webp they would have 58736896 pixels, and the maximum is 16777216; "
        + "the largest valid scale is 4.")]
    [InlineData("walk?frames=30&count=64&scale=4",
        "scale: 4 is not valid for 120 frames of 64 pictures of 28x28x1 in 8 columns: as gif they would have 108756480 pixels in all frames, "
        + "and the maximum is 67108864; the largest valid scale is 3.")]
    [InlineData("walk?frames=120&count=64", "frames: 30720 pictures of 28x28x1 are too many for one request; the maximum is 8192.")]
    [InlineData("walk?seeds=1,x", "seeds: '1,x' is not valid; it must be 2 to 16 whole numbers from 0 to 9007199254740991, separated by commas.")]
    [InlineData("timelapse?frames=1", "frames: '1' is not valid; it must be a whole number from 2 to 200.")]
    [InlineData("neighbours?index=1024", "index: '1024' is not valid; it must be a whole number from 0 to 1023.")]
    public async Task Are_refused_if_a_parameter_is_out_of_range(string path, string message)
    {
        await TrainAsync();
        using var answer = await app.Http.GetAsync($"api/runs/forms/{path}", Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(message, (string)(await answer.ReadAsync())["detail"]!);
    }

    [Theory]
    [InlineData("samples?format=zip&count=2")]
    [InlineData("timelapse")]
    [InlineData("walk?frames=2&count=1")]
    public async Task Are_not_sent_twice(string path)
    {
        await TrainAsync();
        using var first = await app.Http.GetAsync($"api/runs/forms/{path}", Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/runs/forms/{path}");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await app.Http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    private async Task TrainAsync()
    {
        await Once.WaitAsync(Cancellation);
        try
        {
            if (_isTrained) return;
            var body = ApiCalls.Tiny("forms");
            (body["epochs"], body["learningRate"]) = (3, 5e-3);
            using var started = await app.Http.StartAsync(body);
            await app.Http.UntilAsync("forms", "completed");
            _isTrained = true;
        }
        finally
        {
            Once.Release();
        }
    }

    private Task<byte[]> GetAsync(string path) => app.Http.GetByteArrayAsync($"api/runs/forms/{path}", Cancellation);

    private static byte[] Content(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static (byte[] Numbers, string Header) Npy(byte[] file)
    {
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0], file[..8]);
        var end = 10 + BitConverter.ToUInt16(file, 8);
        Assert.Equal((0, (byte)'\n'), (end % 64, file[end - 1]));
        return (file[end..], Encoding.ASCII.GetString(file, 10, end - 10));
    }

    /// <summary>The maximum difference of a pixel, of 256 shades.</summary>
    private static double Farthest(Image one, Image other) => (one.ExtractBand(0) - other.ExtractBand(0)).Abs().Max();

    /// <summary>Mean over the pixels, of 256 shades; the first channel suffices for grey pictures.</summary>
    private static double Difference(Image one, Image other) => (one.ExtractBand(0) - other.ExtractBand(0)).Abs().Avg();
}
