using System.Diagnostics;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using NetVips;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>upload http://localhost:7071 1234 [folder]</c>: time and memory of an upload of 60,000 PNG files. The arguments are the address and
/// the process id of a newly started app, and the folder of Fashion-MNIST.
/// </summary>
internal static class UploadCommand
{
    private const string DebianFolder = "/usr/share/datasets/fashion-mnist";

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var address, var process, ..] || arguments.Length > 3)
        {
            Console.Error.WriteLine("usage: dotnet run -c Release --project benchmarks -- upload <address> <process id of the app> [folder of Fashion-MNIST]");
            return 2;
        }
        using var http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(10) };
        await using var zip = await PackAsync(arguments.ElementAtOrDefault(2) ?? DebianFolder);
        var idle = ProcessMemory.Megabytes(process, ProcessMemory.Resident);
        await File.WriteAllTextAsync($"/proc/{process}/clear_refs", "5"); // resets the peak: proc_pid_clear_refs(5)

        var watch = Stopwatch.StartNew();
        using var content = new StreamContent(zip) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        using (var accepted = await http.PutAsync("api/datasets/upload-benchmark", content)) accepted.EnsureSuccessStatusCode();
        var stored = watch.Elapsed.TotalSeconds;
        var dataset = await ConvertedAsync(http, "upload-benchmark");
        Console.WriteLine($"{dataset["train"]} + {dataset["test"]} pictures, {zip.Length / 1e6:F0} MB: "
            + $"stored after {stored:F1} s, ready after {watch.Elapsed.TotalSeconds:F1} s");
        Console.WriteLine($"memory of the app: {idle:F0} MB before, {ProcessMemory.Megabytes(process, ProcessMemory.Peak) - idle:F0} MB more at its peak");
        using var removed = await http.DeleteAsync("api/datasets/upload-benchmark");
        return 0;
    }

    private static async Task<FileStream> PackAsync(string folder)
    {
        var (images, labels) = (await ReadAsync(folder, IdxPart.TrainImages), await ReadAsync(folder, IdxPart.TrainLabels));
        var file = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        await using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var index = 0; index < images.Shape[0]; index++)
            {
                using var picture = Image.NewFromMemory(images.Data[(index * 784)..((index + 1) * 784)], 28, 28, 1, Enums.BandFormat.Uchar);
                await using var entry = zip.CreateEntry($"{labels.Data[index]}/{index}.png", CompressionLevel.NoCompression).Open();
                await entry.WriteAsync(picture.PngsaveBuffer(keep: Enums.ForeignKeep.None));
            }
        }
        file.Position = 0;
        return file;
    }

    private static async Task<IdxArray> ReadAsync(string folder, IdxPart part)
    {
        await using var file = File.OpenRead(Path.Combine(folder, part.FileName() + ".gz"));
        return await IdxReader.ReadAsync(file, file.Name, 1 << 28);
    }

    /// <summary>Waits until an upload is converted.</summary>
    public static async Task<JsonObject> ConvertedAsync(HttpClient http, string name)
    {
        while (true)
        {
            var answer = (await http.GetFromJsonAsync<JsonObject>($"api/datasets/{name}"))!;
            switch ((string)answer["conversion"]!["state"]!)
            {
                case "ready": return answer;
                case "failed": throw new InvalidOperationException((string)answer["conversion"]!["error"]!);
            }
            await Task.Delay(200);
        }
    }
}
