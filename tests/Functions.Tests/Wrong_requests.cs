using System.Net;

namespace GanFunctions.Functions.Tests;

[Collection(nameof(SharedApp))]
public sealed class Wrong_requests(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("api/samples?count=0", "count: '0' is not valid; it must be a whole number from 1 to 1024.")]
    [InlineData("api/samples?scale=x", "scale: 'x' is not valid; it must be a whole number from 1 to 16.")]
    [InlineData("api/samples?epoch=last", "epoch: 'last' is not valid; it must be latest, best, or a whole number from 1 to 99999.")]
    [InlineData("api/samples?weights=average", "weights: 'average' is not valid; it must be one of ema, raw.")]
    [InlineData("api/samples?format=bmp", "format: 'bmp' is not valid; it must be one of png, webp, jpeg, zip, npy.")]
    [InlineData("api/samples?cuont=3", "cuont is not a parameter here; valid are columns, count, epoch, format, label, scale, seed, truncation, weights.")]
    [InlineData("api/runs/x/checkpoints/first/generator", "epoch: 'first' is not valid; it must be latest, best, or a whole number from 1 to 99999.")]
    [InlineData("api/runs/x/checkpoints/0/card", "epoch: '0' is not valid; it must be latest, best, or a whole number from 1 to 99999.")]
    [InlineData("api/runs/x/checkpoints/1/generator?format=pickle", "format: 'pickle' is not valid; it must be one of safetensors, onnx.")]
    [InlineData("api/runs/x/checkpoints/1/generator?format=onnx&weights=both", "weights: 'both' is not valid; it must be one of ema, raw.")]
    [InlineData("api/runs/x/checkpoints/1/generator?weights=raw",
        "weights: 'raw' is not valid with format=safetensors, which always contains both; use it with format=onnx.")]
    [InlineData("api/runs?state=sleeping",
        "state: 'sleeping' is not valid; it must be one of queued, preparing, training, pausing, paused, cancelling, cancelled, completed, failed.")]
    [InlineData("api/runs/x/losses?format=xls", "format: 'xls' is not valid; it must be one of json, csv, png, svg.")]
    [InlineData("api/runs/x/losses?from=0", "from: '0' is not valid; it must be a whole number from 1 to 99999.")]
    [InlineData("api/runs/x/losses?every=1.5", "every: '1.5' is not valid; it must be a whole number from 1 to 100000.")]
    [InlineData("api/runs/x/losses?format=png&theme=blue", "theme: 'blue' is not valid; it must be one of light, dark.")]
    [InlineData("api/runs/x/losses?format=png&width=10", "width: '10' is not valid; it must be a whole number from 640 to 3840.")]
    [InlineData("api/runs/x/export?checkpoints=best", "checkpoints: 'best' is not valid; it must be one of latest, all.")]
    [InlineData("api/runs/x/export?grids=2", "grids: '2' is not valid; it must be one of true, false.")]
    [InlineData("api/runs/x/losses?form=3", "form is not a parameter here; valid are every, format, from, height, theme, width.")]
    public async Task Name_the_value_and_what_is_valid(string path, string message)
    {
        using var answer = await app.Http.GetAsync(path, Cancellation);

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(message, (string)(await answer.ReadAsync())["detail"]!);
    }

    [Theory]
    [InlineData("GET", "api/runs/nobody")]
    [InlineData("GET", "api/runs/nobody/losses")]
    [InlineData("GET", "api/runs/nobody/storage")]
    [InlineData("GET", "api/runs/nobody/export")]
    [InlineData("GET", "api/runs/nobody/samples")]
    [InlineData("GET", "api/runs/nobody/timelapse")]
    [InlineData("GET", "api/runs/nobody/walk")]
    [InlineData("GET", "api/runs/nobody/neighbours")]
    [InlineData("GET", "api/runs/nobody/checkpoints")]
    [InlineData("GET", "api/runs/nobody/checkpoints/1/generator")]
    [InlineData("GET", "api/runs/nobody/checkpoints/1/card")]
    [InlineData("GET", "api/runs/nobody/projections")]
    [InlineData("GET", "api/runs/nobody/projections/none")]
    [InlineData("GET", "api/runs/nobody/projections/none/picture")]
    [InlineData("POST", "api/runs/nobody/project")]
    [InlineData("POST", "api/runs/nobody/pause")]
    [InlineData("POST", "api/runs/nobody/resume")]
    [InlineData("POST", "api/runs/nobody/cancel")]
    [InlineData("DELETE", "api/runs/nobody")]
    public async Task For_an_unknown_run_are_404(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await app.Http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("There is no run 'nobody'. GET /api/runs lists the runs.", (string)(await answer.ReadAsync())["detail"]!);
    }

    [Theory]
    [InlineData("{}", "epochs: nothing is not valid; it must be a whole number from 1 to 99999")]
    [InlineData("{\"epochs\": 1.5}", "epochs: 1.5 is not valid")]
    [InlineData("{\"epoch\": 3}", "epoch is not a field here; valid are epochs, images.")]
    [InlineData("{\"images\": 0}", "images: 0 is not valid; it must be a whole number from 1 to 10000000000, the number of pictures to add.")]
    [InlineData("{\"images\": 9, \"epochs\": 3}", "images: 9 and epochs: 3 are both given, and both say how much to add; give one of them.")]
    [InlineData("[3]", "The body must be a JSON object such as {\"epochs\": 10}, not another kind of JSON value.")]
    public async Task To_extend_name_what_is_missing(string body, string message)
    {
        using var content = new StringContent(body);
        using var answer = await app.Http.PostAsync("api/runs/nobody/extend", content, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(message, (string)(await answer.ReadAsync())["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain", "hello", HttpStatusCode.BadRequest)]
    [InlineData("application/zip", "no zip at all", HttpStatusCode.BadRequest)]
    public async Task To_upload_in_an_unsupported_format_are_refused(string type, string body, HttpStatusCode status)
    {
        using var content = new StringContent(body) { Headers = { ContentType = new(type) } };
        using var answer = await app.Http.PutAsync("api/datasets/mine", content, Cancellation);

        Assert.Equal(status, answer.StatusCode);
        Assert.NotEmpty((string)(await answer.ReadAsync())["detail"]!);
        using var none = await app.Http.GetAsync("api/datasets/mine", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task With_a_body_that_is_too_large_are_413()
    {
        using var content = new StringContent($"{{\"run\": \"{new string('x', 70_000)}\"}}");
        using var answer = await app.Http.PostAsync("api/runs", content, Cancellation);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task From_a_page_of_another_site_are_403()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/runs")
        {
            Content = new StringContent("{\"run\": \"forged\", \"dataset\": \"digits\"}"),
        };
        request.Headers.Add("Origin", "https://elsewhere.example");
        using var answer = await app.Http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        using var none = await app.Http.GetAsync("api/runs/forged", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=cut")]
    public async Task To_upload_a_broken_form_are_400(string type)
    {
        using var content = new ByteArrayContent("--cut\r\nContent-Disposition: form-data; name=images; filename=x\r\n\r\nabc"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var answer = await app.Http.PutAsync("api/datasets/broken", content, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("api/runs/a%5Cb")]
    [InlineData("api/runs/%E2%82%AC")]
    [InlineData("api/datasets/a%5Cb")]
    public async Task With_an_id_that_cannot_exist_are_404(string path)
    {
        using var answer = await app.Http.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Do_not_include_the_health_check_which_is_ready()
    {
        Assert.Equal("ready", (string)(await app.Http.JsonAsync("api/health"))["status"]!);
    }
}
