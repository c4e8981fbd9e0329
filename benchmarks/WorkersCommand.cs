using System.Diagnostics;
using System.Globalization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>
/// <c>benchmarks workers</c>: simulates a run on many workers. Their shards are trained one after another in this process, so that each has the
/// processors to itself as it would on an instance of its own; the time of a round is that of the slowest shard, of the merge, and of moving the files.
/// </summary>
internal static class WorkersCommand
{
    private const string Usage = """
        usage: dotnet run -c Release --project benchmarks -- workers --data <folder of IDX files, or zip of pictures in a folder for each class>
                   [--size 64] [--channels 3] [--limit <training pictures>]     for a zip
                   [--samples 10000] [--bandwidth <megabytes a second between an instance and its storage, 60>]
                   [--latency <seconds that the messages of a round take, 1>] [option=value ...]
               options are those of POST /api/runs; comma-separated values are trained one after another:
               workers=1,4 roundSteps=100,500 epochs=5
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var given = NamedArguments.Parse(args, "--data", "--size", "--channels", "--limit", "--samples", "--bandwidth", "--latency");
        if (given.Text("--data") is not { } path || !Path.Exists(path) || !given.AreValid)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        _ = get_num_threads(); // the first call on a thread applies the number that another thread set last, so it must come before setting our own
        var data = await QualityCommand.ReadAsync(given, path, size: 64);
        set_num_threads(QualityReferenceBuilder.Threads);
        using var reference = new QualityReference(QualityReferenceBuilder.Build(data, CancellationToken.None)!);
        var costs = new RoundCosts(given.Number("--bandwidth", 60) * 1e6, given.Number("--latency", 1));
        Console.WriteLine($"{Processor.Name}; {data.Train.Count} training pictures of {data.Train.Shape}; {costs.BytesPerSecond / 1e6} MB/s, {costs.Latency} s of messages in a round");
        Console.WriteLine("workers,roundSteps,batchSize,epoch,frechet,pictures,minutes,pictures per second,megabytes of a worker");
        foreach (var options in QualityCommand.Combinations(given.Options).Select(each => OptionsReader.Read(each, QualityCommand.InfoOf(data))))
        {
            set_num_threads(options.Threads ?? Environment.ProcessorCount);
            Run(options, data, reference, given.Number("--samples", 10_000), costs);
        }
        return 0;
    }

    private static void Run(TrainingOptions options, Dataset data, QualityReference reference, int samples, RoundCosts costs)
    {
        var (position, last, seconds) = (TrainingCursor.Beginning("benchmark", 0, options, data), (Checkpoint?)null, 0.0);
        var requested = options.Conditional ? RequestedLabels.Of(data.Train, samples) : null;
        while (position.CompletedEpochs < options.Epochs)
        {
            (last, var time) = options.Workers == 1 ? WholeEpoch(options, position, last, data) : Round(options, position, last, data, costs);
            position = last.Manifest.ToNextStep();
            seconds += time;
            if (!last.Manifest.IsEpochEnd) continue;
            using var live = new LiveTraining(options, position, last, data);
            var distance = reference.Measure(live.Networks.Average, samples, requested)?.FrechetDistance;
            var pictures = (long)last.Manifest.Epoch * position.StepsPerEpoch * options.BatchSize;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{options.Workers},{options.RoundSteps},{options.BatchSize},{last.Manifest.Epoch},{distance:F2},{pictures},{seconds / 60:F2},{pictures / seconds:F0},{(last.Generator!.Length + last.Training!.Length) / 1e6:F1}"));
        }
    }

    private static (Checkpoint Checkpoint, double Seconds) WholeEpoch(TrainingOptions options, TrainingCursor position, Checkpoint? last, Dataset data)
    {
        using var live = new LiveTraining(options, position, last, data);
        var begun = Stopwatch.GetTimestamp(); // a run on one worker keeps its networks in memory from one epoch to the next
        using var pictures = live.Pictures(data.Train);
        while (!live.Position.IsEpochEnd) live.Step(pictures);
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return (CheckpointOf(live.Position, live.Save()), seconds);
    }

    private static (Checkpoint Checkpoint, double Seconds) Round(
        TrainingOptions options, TrainingCursor position, Checkpoint? last, Dataset data, RoundCosts costs)
    {
        var end = Core.Runs.Round.EndOf(position, options);
        using var mean = new StateAverage();
        var (slowest, merging, bytes, reached) = (0.0, 0.0, 0L, position);
        for (var worker = 0; worker < options.Workers; worker++)
        {
            var begun = Stopwatch.GetTimestamp();
            using var live = new LiveTraining(options, position, last, data) { Shard = new(worker, options.Workers) };
            using var pictures = live.Pictures(data.Train);
            while (live.Position.Step < end) live.Step(pictures);
            var (generator, training) = live.Save();
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(begun).TotalSeconds);

            begun = Stopwatch.GetTimestamp();
            mean.Add(generator, training);
            merging += Stopwatch.GetElapsedTime(begun).TotalSeconds;
            (bytes, reached) = (generator.Length + training.Length, live.Position);
        }
        var merge = Stopwatch.GetTimestamp();
        var checkpoint = CheckpointOf(reached, mean.ToFiles());
        merging += Stopwatch.GetElapsedTime(merge).TotalSeconds;
        return (checkpoint, slowest + merging + costs.Of(options.Workers, bytes));
    }

    /// <summary>A checkpoint in memory.</summary>
    internal static Checkpoint CheckpointOf(TrainingCursor position, (byte[] Generator, byte[] Training) files) =>
        new(new Manifest(position, BlobReference.Of(files.Generator), BlobReference.Of(files.Training)), files.Generator, files.Training);

    /// <summary>What a round costs besides training and averaging.</summary>
    /// <param name="BytesPerSecond">Between an instance and its storage.</param>
    /// <param name="Latency">Seconds that the messages of a round take.</param>
    private sealed record RoundCosts(double BytesPerSecond, double Latency)
    {
        /// <summary>Seconds to upload a shard, download all of them, upload the checkpoint, and download it.</summary>
        public double Of(int workers, long bytes) => Latency + (workers + 3) * bytes / BytesPerSecond;
    }
}
