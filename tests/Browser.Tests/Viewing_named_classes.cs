using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using NetVips;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Viewing_named_classes(App app, Browser browser)
{
    private const string Dataset = "numbered-folders";
    private const string Run = "on-numbered-folders";
    private static readonly string[] Folders = ["1", "10", "Cats"]; // labels 0, 1 and 2: the label of "10" is the name of another class

    [Fact]
    public async Task Shows_and_requests_them_by_name()
    {
        await app.Http.UploadAsync(Dataset, Zip());
        var body = TrainedRun.Body(Run);
        (body["dataset"], body["epochs"], body["imagesPerEpoch"]) = (Dataset, 1, 32);
        using var started = await app.Http.StartAsync(body);
        started.EnsureSuccessStatusCode();
        await app.Http.UntilAsync(Run, "completed");

        await using var visit = await browser.VisitAsync(new Uri(app.Http.BaseAddress!, "#/datasets"));
        var page = visit.Page;
        await Expect(page.Locator($"[data-dataset={Dataset}]")).ToContainTextAsync("3 classes: 1, 10, Cats");

        await visit.ShowAsync($"runs/{Run}");
        await page.GetByText("Classes of the pictures after epoch 1").ClickAsync();
        await Expect(page.Locator("[data-classes] dt")).ToHaveTextAsync(Folders);
        await Expect(page.Locator("[data-classes] dd").First).ToHaveTextAsync(new Regex(@"^\d+(\.\d)?% \(real 33(\.\d)?%\)$"));

        await visit.ShowAsync($"runs/{Run}/explore?seed=5");
        await Expect(page.GetByLabel("Label").GetByRole(AriaRole.Option)).ToHaveTextAsync(["all, in turn", .. Folders]);
        foreach (var folder in Folders)
        {
            await page.GetByLabel("Label").SelectOptionAsync(folder);
            var server = await page.EvaluateAsync<string>($$"""
                async () => {
                  const answer = await fetch('api/runs/{{Run}}/samples?seed=5&label={{folder}}&count=1&columns=1&scale=1&format=png');
                  const sheet = await createImageBitmap(await answer.blob());
                  const canvas = document.createElement('canvas');
                  [canvas.width, canvas.height] = [sheet.width, sheet.height];
                  canvas.getContext('2d').drawImage(sheet, 0, 0);
                  return canvas.toDataURL();
                }
                """);
            await TestKit.Wait.UntilAsync(
                async () => await page.EvaluateAsync<string>("() => document.querySelector('.sheet-buttons canvas').toDataURL()") == server, "the page");
            Assert.Contains($"label={folder}&", page.Url, StringComparison.Ordinal);
        }
        await page.GetByRole(AriaRole.Button, new() { Name = "Picture 3, seed 5" }).ClickAsync();
        await Expect(page.GetByText(new Regex(@"by distance: [\d.]+ \((1|10|Cats)\), "))).ToBeVisibleAsync();

        // A link by number, as earlier versions of the page made them.
        await visit.ShowAsync($"runs/{Run}/explore?seed=5&label=2");
        await Expect(page.GetByLabel("Label")).ToHaveValueAsync("Cats");
    }

    [Fact]
    public async Task Offers_the_labels_of_unnamed_ones()
    {
        byte[] labels = [.. Enumerable.Range(0, 64).Select(index => (byte)((int[])[255, 3, 7])[index % 3])];
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent([0, 0, 8, 3, 0, 0, 0, 64, 0, 0, 0, 28, 0, 0, 0, 28, .. new byte[64 * 784]]), "images", "images" },
            { new ByteArrayContent([0, 0, 8, 1, 0, 0, 0, 64, .. labels]), "labels", "labels" },
        };
        await app.Http.UploadAsync("three-labels", form);
        var body = TrainedRun.Body("on-three-labels");
        (body["dataset"], body["epochs"], body["imagesPerEpoch"], body["qualitySamples"]) = ("three-labels", 1, 32, 0);
        using var started = await app.Http.StartAsync(body);
        started.EnsureSuccessStatusCode();
        await app.Http.UntilAsync("on-three-labels", "completed");

        await using var visit = await browser.VisitAsync(new Uri(app.Http.BaseAddress!, "#/datasets"));
        await Expect(visit.Page.Locator("[data-dataset=three-labels]")).ToContainTextAsync("3 classes: 3, 7, 255");
        await visit.ShowAsync("runs/on-three-labels/explore");

        await Expect(visit.Page.GetByLabel("Label").GetByRole(AriaRole.Option)).ToHaveTextAsync(["all, in turn", "3", "7", "255"]);
        await Expect(visit.Page.GetByText(new Regex("^Generated in the browser"))).ToBeVisibleAsync(); // with the first label, as there is no label 0
        await visit.Page.GetByLabel("Label").SelectOptionAsync("255");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    private static ByteArrayContent Zip()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var number = 0; number < 300; number++)
            {
                using var waves = Image.Sines(28, 28, uchar: true, hfreq: number % 3, vfreq: 1 + number % 2);
                using var entry = zip.CreateEntry($"{Folders[number % 3]}/{number}.png").Open();
                entry.Write(waves.PngsaveBuffer());
            }
        }
        return new ByteArrayContent(memory.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
    }
}
