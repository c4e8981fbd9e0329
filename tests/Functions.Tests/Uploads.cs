using System.Net;
using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

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
        using var stored = await app.Http.PutAsync("api/datasets/noise", form, Cancellation);
        Assert.Equal((HttpStatusCode.Created, "/api/datasets/noise"), (stored.StatusCode, stored.Headers.Location?.ToString()));
        Assert.Contains("noise", (await app.Http.JsonAsync("api/datasets"))["datasets"]!.AsArray().Select(set => (string)set!["name"]!));

        var body = ApiCalls.Tiny("on-noise");
        (body["dataset"], body["imagesPerEpoch"]) = ("noise", null);
        using var started = await app.Http.StartAsync(body);
        await app.Http.CallAsync("api/runs/on-noise/pause");
        await app.Http.UntilAsync("on-noise", "paused");
        using var refused = await app.Http.DeleteAsync("api/datasets/noise", Cancellation);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal("Run 'on-noise' still needs 'noise'; cancel it first.", (string)(await refused.ReadAsync())["detail"]!);

        await app.Http.CallAsync("api/runs/on-noise/resume");
        await app.Http.UntilAsync("on-noise", "completed");
        using var removed = await app.Http.DeleteAsync("api/datasets/noise", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    [Fact]
    public async Task That_are_damaged_name_the_file_and_leave_nothing()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Idx(0x803, [64, 28, 28])[..5000]), "images", "cut.idx" } };

        using var answer = await app.Http.PutAsync("api/datasets/cut", form, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith("images: ", (string)(await answer.ReadAsync())["detail"]!, StringComparison.Ordinal);
        using var none = await app.Http.GetAsync("api/datasets/cut", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    /// <summary>An IDX file of noise.</summary>
    internal static byte[] Idx(int magic, int[] shape)
    {
        var content = new byte[shape.Aggregate(1, (product, side) => product * side)];
        new Random(1).NextBytes(content);
        return [.. new[] { magic }.Concat(shape).SelectMany(number => BitConverter.GetBytes(number).Reverse()), .. content];
    }
}
