using System.Diagnostics;
using System.Globalization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Projections;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks projection [steps]</c>: time and memory of a projection with features on one thread, for each size of pictures, each in a process
/// of its own. The weights are random, which does not matter for either. Linux only.
/// </summary>
internal static class ProjectionCommand
{
    private const int Pictures = 400; // of noise, for the quality reference

    private static readonly PictureShape[] Shapes = [new(28, 1), new(32, 3), new(64, 3), new(64, 4), new(128, 3)];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [var family, var side, var channels, var steps])
            return Measure(Enum.Parse<NetworkFamily>(family), new(Number(side), Number(channels)), Number(steps));
        var given = args is [var count] ? count : "200";
        Console.WriteLine($"{Processor.Name}, one thread, {LatentProjection.Samples} samples, {given} steps\n");
        Console.WriteLine("networks   pictures   seconds   of processor   idle MB   peak MB");
        foreach (var shape in Shapes)
        {
            foreach (var each in Enum.GetValues<NetworkFamily>().Where(each => each.Supports(shape))) await MeasureInProcessAsync(each, shape, given);
        }
        return 0;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static async Task MeasureInProcessAsync(NetworkFamily family, PictureShape shape, string steps)
    {
        using var process = Process.Start(
            "dotnet", [typeof(ProjectionCommand).Assembly.Location, "projection", $"{family}", $"{shape.Side}", $"{shape.Channels}", steps]);
        await process.WaitForExitAsync();
    }

    private static int Measure(NetworkFamily family, PictureShape shape, int steps)
    {
        _ = get_num_threads();
        set_num_threads(1);
        var random = new Random(1);
        var pixels = new byte[Pictures * shape.Size];
        random.NextBytes(pixels);
        var data = Dataset.Of("noise", new ImageSet(pixels, null, Pictures, shape.Side, shape.Side, shape.Channels), null);
        using var reference = new QualityReference(QualityReferenceBuilder.Build(data, CancellationToken.None)!);
        using var generator = NetworkState.LoadGenerator(GeneratorFile(family, shape), averaged: true);
        FreedMemory.ReturnAll();
        var idle = ProcessMemory.Megabytes("self", ProcessMemory.Resident);
        File.WriteAllText("/proc/self/clear_refs", "5"); // resets the peak, proc(5)

        var (started, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime); // the latter hardly depends on other load
        new LatentProjection(generator, reference).Find(pixels[..shape.Size], label: null, seed: 1, steps, CancellationToken.None);
        var (seconds, busy) = (Stopwatch.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds);
        Console.WriteLine($"{family,-9}  {shape,8}  {seconds,8:F1}  {busy,13:F1}  {idle,8:F0}  {ProcessMemory.Megabytes("self", ProcessMemory.Peak),8:F0}");
        return 0;
    }

    private static byte[] GeneratorFile(NetworkFamily family, PictureShape shape)
    {
        var options = new TrainingOptions { Preset = family == NetworkFamily.Compact ? Preset.Compact : Preset.Dcgan };
        using var networks = new GanNetworks(options, Precision.Fp32, new RunRandom(1, 0), shape, ClassLabels.None);
        return NetworkState.Save(networks, options.Norm, 1).Generator;
    }
}
