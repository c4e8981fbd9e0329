using System.Diagnostics;
using GanFunctions.Core.Data;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary><c>benchmarks measuring</c>: the time and memory that it takes to build a quality reference and to measure with it. Linux only.</summary>
internal static class MeasuringCommand
{
    /// <param name="args">Side, channels and number of pictures, and whether they have labels: <c>64 3 10000 true</c>.</param>
    public static int Run(string[] args)
    {
        var (shape, count) = (new PictureShape(int.Parse(args[0], null), int.Parse(args[1], null)), int.Parse(args[2], null));
        _ = get_num_threads(); // the first call on a thread applies the number that another thread set last, so it must come before setting our own
        set_num_threads(args.Length > 4 ? int.Parse(args[4], null) : QualityReferenceBuilder.Threads);
        var random = new Random(1);
        var pixels = new byte[count * shape.Size];
        random.NextBytes(pixels);
        var labels = bool.Parse(args[3]) ? Enumerable.Range(0, count).Select(index => (byte)(index % 10)).ToArray() : null;
        var data = Dataset.Of("noise", new ImageSet(pixels, labels, count, shape.Side, shape.Side, shape.Channels), null);
        ones(10).sum().Dispose(); // loads the library
        FreedMemory.ReturnNative();
        Console.WriteLine($"{shape}, {count} pictures: idle {Memory(ProcessMemory.Resident)} MB, of which the pixels {pixels.Length / 1_000_000} MB");

        byte[] file = [];
        Report("build", () => file = QualityReferenceBuilder.Build(data, CancellationToken.None)!);
        Console.WriteLine(BlobOf(file));
        using var reference = new QualityReference(file);
        FreedMemory.ReturnAll();
        using var generator = NetworkFamily.Compact.CreateGenerator(new BatchNormSettings(0.9, 1e-5), shape);
        generator.eval();
        Report("measure", () => reference.Measure(generator, 2000));
        using var noGradient = no_grad();
        Report($"features of {count} pictures", () => reference.FeaturesOf(PictureSelection.All(data.Train)).Dispose());
        return 0;
    }

    private static string BlobOf(byte[] file) => Core.Storage.BlobReference.Of(file).Sha256;

    private static void Report(string what, Action work)
    {
        File.WriteAllText("/proc/self/clear_refs", "5"); // resets the peak, proc(5)
        var begun = Stopwatch.GetTimestamp();
        work();
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var (peak, after) = (Memory(ProcessMemory.Peak), Memory(ProcessMemory.Resident));
        FreedMemory.ReturnNative();
        Console.WriteLine($"{what}: {seconds:F1} s, peak {peak} MB, afterwards {after} MB, trimmed {Memory(ProcessMemory.Resident)} MB");
    }

    private static string Memory(string what) => $"{ProcessMemory.Megabytes("self", what):F0}";
}
