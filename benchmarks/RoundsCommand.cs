using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks rounds</c>: how much faster several workers train than one, by the length of a round. Steps, loading, saving and averaging are measured,
/// each as it would be on an instance of its own; moving the files and the messages of a round are computed.
/// </summary>
internal static class RoundsCommand
{
    private const int Steps = 40; // a multiple of the interval of the gradient penalties
    private const double BytesPerSecond = 60e6;
    private const double Latency = 1; // seconds

    private static readonly PictureShape[] Shapes = [new(28, 1), new(64, 3), new(128, 3)];
    private static readonly int[] Lengths = [25, 100, 500];

    public static int Run()
    {
        _ = get_num_threads();
        set_num_threads(Environment.ProcessorCount);
        Console.WriteLine($"{Processor.Name}; {BytesPerSecond / 1e6} MB/s between an instance and its storage, {Latency} s of messages in a round\n");
        Console.WriteLine("pictures   workers   pictures of a step   ms/step   MB   load, save and merge, s   speed-up at rounds of " + string.Join(", ", Lengths));
        foreach (var shape in Shapes)
        {
            var alone = 0.0;
            foreach (var workers in new[] { 1, 2, 4, 8 })
            {
                var (step, megabytes, around, batch) = Measure(shape, workers);
                if (workers == 1) alone = step;
                var moving = Latency + (workers + 3) * megabytes * 1e6 / BytesPerSecond;
                var speedUps = Lengths.Select(length => alone * length / (step * length + around + moving));
                var text = workers == 1 ? "" : string.Join("  ", speedUps.Select(each => each.ToString("F2", CultureInfo.InvariantCulture)));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{shape,8}   {workers,7}   {batch / workers,18}   {step * 1000,7:F1}   {megabytes,2:F0}   {around,23:F2}   {text}"));
            }
        }
        return 0;
    }

    /// <summary>Trains the shard of one worker.</summary>
    /// <returns>Seconds of a step, megabytes of the files, seconds to load, save and merge them, and pictures of a batch.</returns>
    private static (double Step, double Megabytes, double Around, int Batch) Measure(PictureShape shape, int workers)
    {
        var pictures = new byte[1024 * shape.Size];
        new Random(1).NextBytes(pictures);
        var data = Dataset.Of("noise", new ImageSet(pictures, null, 1024, shape.Side, shape.Side, shape.Channels), null);
        var options = OptionsReader.Read(new JsonObject { ["workers"] = workers, ["qualitySamples"] = 0 }, QualityCommand.InfoOf(data));
        var start = TrainingCursor.Beginning("benchmark", 0, options, data) with { StepsPerEpoch = int.MaxValue };
        Checkpoint first;
        using (var live = new LiveTraining(options, start, null, data)) first = WorkersCommand.CheckpointOf(live.Position, live.Save());

        var begun = Stopwatch.GetTimestamp();
        using var shard = new LiveTraining(options, first.Manifest.ToNextStep(), first, data) { Shard = new(workers - 1, workers) };
        using var epoch = shard.Pictures(data.Train);
        var loading = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        for (var step = 0; step < data.Train.Count / options.BatchSize; step++) Train();
        begun = Stopwatch.GetTimestamp();
        for (var step = 0; step < Steps; step++) Train();
        var training = Stopwatch.GetElapsedTime(begun).TotalSeconds / Steps;

        begun = Stopwatch.GetTimestamp();
        var (generator, state) = shard.Save();
        var saving = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        begun = Stopwatch.GetTimestamp();
        using var mean = new StateAverage();
        for (var worker = 0; worker < workers; worker++) mean.Add(generator, state);
        WorkersCommand.CheckpointOf(shard.Position, mean.ToFiles());
        var merging = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return (training, (generator.Length + state.Length) / 1e6, loading + saving + merging, options.BatchSize);

        void Train()
        {
            if (shard.Position.Step >= data.Train.Count / options.BatchSize) shard.MoveTo(start with { Epoch = shard.Position.Epoch + 1 });
            shard.Step(epoch);
        }
    }
}
