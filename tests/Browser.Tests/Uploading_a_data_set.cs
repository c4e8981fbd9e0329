using System.IO.Compression;
using NetVips;
using static Microsoft.Playwright.Assertions;

namespace GanFunctions.Browser.Tests;

public sealed class Uploading_a_data_set(App app, Browser browser)
{
    [Fact]
    public async Task Makes_it_available_for_training_and_deletion()
    {
        await using var visit = await browser.VisitAsync(new Uri(app.Http.BaseAddress!, "#/datasets"));
        var page = visit.Page;
        var card = page.Locator("[data-dataset=stripes]");
        await page.GetByLabel("Name").FillAsync("stripes");
        await page.GetByLabel("Archive").SetInputFilesAsync(new FilePayload { Name = "stripes.zip", MimeType = "application/zip", Buffer = Zip() });
        await page.GetByLabel("Size").SelectOptionAsync("32");
        await page.GetByLabel("Channels").SelectOptionAsync("colour");
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload" }).ClickAsync();

        await Expect(card).ToContainTextAsync("36 training pictures, 4 held out, 32×32, colour, 2 classes: across, down");
        Assert.True(await card.GetByAltText("Sample pictures from stripes")
            .EvaluateAsync<bool>("async image => { await image.decode(); return image.naturalWidth > 32; }"));
        await Expect(card).ToContainTextAsync("2 classes: across, down");
        await Expect(card).ToContainTextAsync("Converted to 32×32, colour, on black.");
        await card.GetByText("1 file skipped").ClickAsync();
        await Expect(card.GetByRole(AriaRole.Listitem)).ToContainTextAsync("across/broken.png");

        await card.GetByRole(AriaRole.Link, new() { Name = "Train" }).ClickAsync();
        await Expect(page.GetByLabel("Data set")).ToHaveValueAsync("stripes");
        await page.GoBackAsync();
        await card.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete data set" }).ClickAsync();
        await Expect(card).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Shows_why_the_server_rejects_it()
    {
        await using var visit = await browser.VisitAsync(new Uri(app.Http.BaseAddress!, "#/datasets"));
        var page = visit.Page;
        await page.GetByLabel("Name").FillAsync("My Pets");
        await page.GetByLabel("Archive").SetInputFilesAsync(
            new FilePayload { Name = "pets.zip", MimeType = "application/zip", Buffer = "no zip"u8.ToArray() });
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("'My Pets'");

        await page.GetByLabel("Name").FillAsync("pets");
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("of an unknown format and starts with \"no zip\"");
        await Expect(page.Locator("[data-dataset=pets]")).ToHaveCountAsync(0);
    }

    /// <summary>Pictures of two classes, and one file that is not a picture.</summary>
    private static byte[] Zip()
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var number = 0; number < 40; number++)
            {
                using var across = Image.Sines(48, 40, uchar: true, hfreq: number % 2, vfreq: 1 - number % 2);
                Write(zip, $"{(number % 2 == 0 ? "across" : "down")}/{number}.png", across.PngsaveBuffer());
            }
            Write(zip, "across/broken.png", "not a picture"u8.ToArray());
        }
        return memory.ToArray();
    }

    private static void Write(ZipArchive zip, string name, byte[] content)
    {
        using var entry = zip.CreateEntry(name).Open();
        entry.Write(content);
    }
}
