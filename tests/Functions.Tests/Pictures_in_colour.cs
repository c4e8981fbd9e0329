using System.Net;
using NetVips;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Pictures_in_colour(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(128)]
    public async Task Of_every_supported_size_can_be_uploaded_trained_on_and_generated(int side)
    {
        var name = $"colours-{side}";
        using var zip = Uploads.ZipOf([.. Enumerable.Range(0, 80).Select(index => ($"{index}.png", Sunset(index)))]);
        var stored = await app.Http.UploadAsync(name, zip, $"?size={side}&channels=3");
        Assert.Equal((side, 3, 72), ((int)stored["size"]!, (int)stored["channels"]!, (int)stored["train"]!));

        var body = ApiCalls.Tiny(name);
        body["dataset"] = name;
        using var started = await app.Http.StartAsync(body);
        await app.Http.UntilAsync(name, "completed");

        using var drawn = Image.NewFromBuffer(await app.Http.GetByteArrayAsync($"api/runs/{name}/samples?count=4&columns=2&scale=1", Cancellation));
        Assert.Equal((2 * side + 2, 2 * side + 2, 3), (drawn.Width, drawn.Height, drawn.Bands));
        Assert.NotEqual(drawn.ExtractBand(0).Avg(), drawn.ExtractBand(2).Avg());
        using var moving = Image.NewFromBuffer(await app.Http.GetByteArrayAsync($"api/runs/{name}/timelapse", Cancellation));
        Assert.Equal((8 * (side + 2) - 2) * 2, moving.Width);
        using var numbers = await app.Http.GetAsync($"api/runs/{name}/samples?count=4&format=npy", Cancellation);
        Assert.Equal((HttpStatusCode.OK, true), (numbers.StatusCode, numbers.Content.Headers.ContentLength > 4 * side * side * 3));
        Assert.Equal($"compact-{side}x{side}x3-w0.25", (string)(await app.Http.JsonAsync($"api/runs/{name}/checkpoints/latest/card"))["architecture"]!["name"]!);
    }

    /// <summary>A gradient from blue to red, different for each picture.</summary>
    private static byte[] Sunset(int index)
    {
        using var ramp = Image.Identity();
        using var small = ramp.Resize(96.0 / 256, vscale: 96);
        using var sky = small.Linear([0.9], [index]).Bandjoin(small.Linear([0.4], [20]), small.Linear([-0.8], [220.0 - index]));
        using var bytes = sky.Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);
        return bytes.PngsaveBuffer();
    }
}
