using System.Diagnostics;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using NetVips;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>runs http://localhost:7071 1234</c>: peak memory of the app during measured runs, by size of the pictures and of the batch, and what it
/// keeps when it is idle again. The arguments are the address and the process id of an app.
/// </summary>
internal static class RunsCommand
{
    private const int Classes = 10;
    private const long MaxIdxBytes = 250_000_000; // larger data sets are sent as PNG files
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(7); // data sets stay in memory for five minutes

    // Pictures, their number, and the batch; 0 is the default. The last two are the largest data sets that are accepted, but for a percent.
    private static readonly (PictureShape Shape, int Pictures, int Batch)[] Runs =
    [
        (new(28, 1), 5000, 0), (new(28, 1), 5000, 1024), (new(28, 3), 5000, 0),
        (new(32, 3), 5000, 0), (new(32, 3), 5000, 1024),
        (new(64, 3), 5000, 0), (new(64, 3), 5000, 1024), (new(64, 4), 5000, 0),
        (new(128, 3), 5000, 0), (new(128, 3), 5000, 512), (new(128, 4), 5000, 0),
        (new(28, 1), 320_000, 0), (new(128, 4), 10_000, 0),
    ];

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var address, var process, ..] || arguments.Length > 3)
        {
            await Console.Error.WriteLineAsync("usage: runs <address> <process id of the app> [number of the row]");
            return 2;
        }
        using var http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(10) };
        Console.WriteLine($"{Processor.Name}\n\n   pictures             batch  micro-batch  peak MB  idle MB  after s");
        foreach (var (number, run) in Runs.Index())
            if (arguments.Length < 3 || arguments[2] == $"{number}") await MeasureAsync(http, process, $"memory-{number}", run.Shape, run.Pictures, run.Batch);
        return 0;
    }

    private static async Task MeasureAsync(HttpClient http, string process, string id, PictureShape shape, int pictures, int batch)
    {
        await UploadAsync(http, id, shape, pictures);
        await File.WriteAllTextAsync($"/proc/{process}/clear_refs", "5"); // resets the peak: proc_pid_clear_refs(5)
        JsonObject body = new() { ["run"] = id, ["dataset"] = id, ["epochs"] = 2, ["imagesPerEpoch"] = Math.Min(pictures, Math.Max(512, 2 * batch)) };
        if (batch > 0) body["batchSize"] = batch;
        await ServedRun.StartAsync(http, body);
        await ServedRun.UntilAsync(http, id, run => (string)run["state"]! == "completed");
        var options = (await http.GetFromJsonAsync<JsonObject>($"api/runs/{id}"))!["options"]!;
        var peak = ProcessMemory.Megabytes(process, ProcessMemory.Peak);
        var idling = Stopwatch.StartNew();
        double idle;
        while ((idle = ProcessMemory.Megabytes(process, ProcessMemory.Resident)) >= 600 && idling.Elapsed < IdleTimeout) await Task.Delay(1000);
        Console.WriteLine($"{pictures,7} of {shape,-10}  {(int)options["batchSize"]!,5}  {options["microBatchSize"],11}  {peak,7:F0}  {idle,7:F0}  {idling.Elapsed.TotalSeconds,7:F0}");
        using var deleted = await http.DeleteAsync($"api/datasets/{id}");
    }

    /// <summary>Uploads pictures that are all alike, so that they are quick to compress, in ten classes.</summary>
    internal static async Task UploadAsync(HttpClient http, string id, PictureShape shape, int pictures)
    {
        var pixels = new byte[shape.Size];
        new Random(1).NextBytes(pixels);
        using var picture = Image.NewFromMemory(pixels, shape.Side, shape.Side, shape.Channels, Enums.BandFormat.Uchar);
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            if (pictures * (long)shape.Size > MaxIdxBytes)
            {
                var png = picture.PngsaveBuffer();
                for (var index = 0; index < pictures; index++) await WriteAsync(archive, $"{index % Classes}/{index}.png", stream => stream.WriteAsync(png).AsTask());
            }
            else
            {
                var all = new byte[pictures * shape.Size];
                for (var at = 0; at < all.Length; at += pixels.Length) pixels.CopyTo(all, at);
                int[] dimensions = shape.Channels == 1 ? [pictures, shape.Side, shape.Side] : [pictures, shape.Channels, shape.Side, shape.Side];
                var labels = new IdxArray([pictures], [.. Enumerable.Range(0, pictures).Select(index => (byte)(index % Classes))]);
                await WriteAsync(archive, IdxPart.TrainImages.FileName(), stream => new IdxArray(dimensions, all).WriteGzipAsync(stream));
                await WriteAsync(archive, IdxPart.TrainLabels.FileName(), stream => labels.WriteGzipAsync(stream));
            }
        }
        var query = pictures * (long)shape.Size > MaxIdxBytes ? $"?size={shape.Side}&channels={shape.Channels}" : "";
        using var content = new ByteArrayContent(zip.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        using var accepted = await http.PutAsync($"api/datasets/{id}{query}", content);
        if (!accepted.IsSuccessStatusCode) throw new InvalidOperationException(await accepted.Content.ReadAsStringAsync());
        await UploadCommand.ConvertedAsync(http, id);
    }

    private static async Task WriteAsync(ZipArchive archive, string name, Func<Stream, Task> write)
    {
        await using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
        await write(entry);
    }
}
