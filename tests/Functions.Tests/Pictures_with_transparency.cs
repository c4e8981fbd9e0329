using System.Net;
using NetVips;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Pictures_with_transparency(App app)
{
    private const string Name = "discs";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Can_be_uploaded_trained_on_and_generated()
    {
        using var zip = Uploads.ZipOf([.. Enumerable.Range(0, 40).Select(index => ($"{index}.png", Disc(index)))]);
        var stored = await app.Http.UploadAsync(Name, zip, "?size=28&channels=4");
        Assert.Equal((28, 4, "transparent"), ((int)stored["size"]!, (int)stored["channels"]!, (string)stored["conversion"]!["choice"]!["background"]!));
        using var preview = Image.NewFromBuffer(await app.Http.GetByteArrayAsync($"api/datasets/{Name}/preview", Cancellation));
        Assert.Equal((4, 0.0, 255.0), (preview.Bands, preview[3].Min(), preview[3].Max()));

        var body = ApiCalls.Tiny(Name);
        (body["dataset"], body["widthMultiplier"]) = (Name, 1); // wide enough to draw different pictures after so little training
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync(Name, "completed");

        using var png = await ImageAsync("samples?count=4&columns=2&scale=1");
        Assert.Equal((58, 4, "compact-28x28x4"), (png.Width, png.Bands, (string)(await CardAsync())["architecture"]!["name"]!));
        Assert.Equal([0, 0, 0, 0], png.Getpoint(28, 28)); // between the pictures
        Assert.True(png.ExtractArea(0, 0, 28, 28)[3].Deviate() > 1);
        using var webp = await ImageAsync("samples?count=4&columns=2&scale=1&format=webp");
        Assert.Equal(0, (png - webp).Abs().Max());
        using var jpeg = await ImageAsync("samples?count=4&columns=2&scale=1&format=jpeg");
        Assert.Equal(3, jpeg.Bands);
        Assert.InRange(jpeg.Getpoint(28, 28)[0], 150, 255); // white, blurred by the compression
        using var grid = await ImageAsync("grids/latest?side=2&scale=1");
        Assert.Equal((58, 4), (grid.Width, grid.Bands));
        using var walk = await ImageAsync("walk?frames=1&count=1&scale=1&format=webp");
        using var timelapse = await ImageAsync("timelapse");
        Assert.Equal((4, 4), (walk.Bands, timelapse.Bands));
        Assert.EndsWith("colours premultiplied by alpha", (string)(await CardAsync())["sampling"]!["pixels"]!, StringComparison.Ordinal);
        var numbers = await app.Http.GetByteArrayAsync($"api/runs/{Name}/samples?count=1&format=npy", Cancellation);
        Assert.Equal(png.ExtractArea(0, 0, 28, 28).WriteToMemory<byte>(), numbers[^(28 * 28 * 4)..]);
    }

    [Fact]
    public async Task Have_no_background()
    {
        using var zip = Uploads.ZipOf(("disc.png", Disc(1)));
        using var answer = await app.Http.PutAsync("api/datasets/coloured?channels=4&background=white", zip, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(
            "background: 'white' is not valid with channels=4, which keeps pictures transparent; leave one of them out.",
            (string)(await answer.ReadAsync())["detail"]!);
    }

    private async Task<Image> ImageAsync(string path) =>
        Image.NewFromBuffer(await app.Http.GetByteArrayAsync($"api/runs/{Name}/{path}", Cancellation));

    private Task<System.Text.Json.Nodes.JsonObject> CardAsync() => app.Http.JsonAsync($"api/runs/{Name}/checkpoints/latest/card");

    /// <summary>An opaque disc on a transparent ground, with another colour for each picture.</summary>
    private static byte[] Disc(int index)
    {
        using var black = Image.Black(40, 40, 4);
        using var disc = black.Mutate(picture => picture.DrawCircle([255, 6 * index, 80, 255], 20, 20, 14, fill: true));
        using var coloured = disc.Copy(interpretation: Enums.Interpretation.Srgb);
        return coloured.PngsaveBuffer();
    }
}
