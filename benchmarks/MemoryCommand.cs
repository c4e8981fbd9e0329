using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks memory</c>: the peak memory of training steps for each size of pictures and batch, each in a process of its own. The options
/// are those that a run resolves to, micro-batches included.
/// </summary>
internal static class MemoryCommand
{
    private const int Steps = 9; // the first and the last have gradient penalties with every preset

    private static readonly int[] Batches = [64, 128, 256, 512, 1024];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [var side, var channels, var batch, .. var given]) return Measure(Number(side), Number(channels), Number(batch), given);
        Console.WriteLine($"{Processor.Name}\n\npeak resident memory of {Steps} steps in MB (pictures per micro-batch)\n");
        Console.WriteLine("  pictures " + string.Concat(Batches.Select(size => $"{size,14}")));
        foreach (var shape in PictureShape.Sides.SelectMany(_ => PictureShape.ChannelCounts.Take(2), (pixels, count) => new PictureShape(pixels, count)))
        {
            Console.Write($"{shape,10} ");
            foreach (var size in Batches) Console.Write($"{await MeasureInProcessAsync(shape, size),14}");
            Console.WriteLine();
        }
        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<string> MeasureInProcessAsync(PictureShape shape, int batch)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(MemoryCommand).Assembly.Location, "memory", $"{shape.Side}", $"{shape.Channels}", $"{batch}"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return line.Trim();
    }

    private static int Measure(int side, int channels, int batch, string[] given)
    {
        _ = get_num_threads();
        set_num_threads(Environment.ProcessorCount);
        var data = new DatasetInfo("any", "stored", true, batch * Steps, null, null, side, side, channels, "", "");
        var json = new JsonObject { ["batchSize"] = batch };
        foreach (var option in given) json[option.Split('=')[0]] = JsonNode.Parse(option.Split('=')[1]);
        var options = OptionsReader.Read(json, data);
        var random = new RunRandom(1, 0);
        var networks = new GanNetworks(options, Precisions.Resolve(options.Precision), random, new(side, channels), ClassLabels.None);
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            GanStep.Run(networks, options, new StepRandom(random, 1, step), new(rand([batch, channels, side, side]) * 2 - 1, null));
        }
        Console.WriteLine($"{ProcessMemory.Megabytes("self", ProcessMemory.Peak):F0} ({options.MicroBatchSize ?? batch})");
        return 0;
    }
}
