using System.Net;
using System.Text;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>The JSON documents that the app stores, each with one bit changed at many places, one at a time.</summary>
[Collection(nameof(SharedApp))]
public sealed class Damaged_documents(App app)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_a_data_set_do_not_make_the_app_fail()
    {
        using var zip = Uploads.ZipOf([.. Enumerable.Range(0, 12).Select(i => ($"{(i % 2 == 0 ? "dogs" : "cats")}/{i}.png", Pictures.Png(i * 20, side: 28)))]);
        await app.Http.UploadAsync("bit-rot", zip);

        foreach (var document in (string[])["datasets/bit-rot/conversion.json", "datasets/bit-rot/dataset.json"])
            await DamageAsync(document, "api/datasets/bit-rot", "api/datasets", "api/datasets/bit-rot/storage", "api/datasets/bit-rot/preview");
    }

    [Fact]
    public async Task Of_a_run_do_not_make_the_app_fail()
    {
        using var started = await app.Http.StartAsync(ApiCalls.Tiny("bit-rot"));
        await app.Http.UntilAsync("bit-rot", "completed");

        foreach (var document in (string[])["runs/bit-rot/checkpoints/000-00002-000004.json", "runs/bit-rot/latest.json"])
            await DamageAsync(document, "api/runs/bit-rot/checkpoints", "api/runs/bit-rot/samples", "api/runs/bit-rot/export");
    }

    private async Task DamageAsync(string document, params string[] addresses)
    {
        var blob = app.Azurite.Blobs().GetBlobContainerClient("gan").GetBlobClient(document);
        var content = (await blob.DownloadContentAsync(Cancellation)).Value.Content.ToArray();
        var wrong = new List<string>();
        foreach (var index in Enumerable.Range(0, content.Length).Where(index => index % Soak.Count(31, 3) == 0))
        {
            byte[] damaged = [.. content];
            damaged[index] ^= 1;
            await blob.UploadAsync(new BinaryData(damaged), overwrite: true, Cancellation);
            foreach (var address in addresses)
            {
                using var answer = await app.Http.GetAsync(address, Cancellation);
                if (answer.StatusCode == HttpStatusCode.InternalServerError) wrong.Add($"{address}: {Around(damaged, index)}");
            }
        }
        await blob.UploadAsync(new BinaryData(content), overwrite: true, Cancellation);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(100)));
    }

    private static string Around(byte[] document, int index) =>
        Encoding.UTF8.GetString(document[Math.Max(0, index - 20)..Math.Min(document.Length, index + 20)]);
}
