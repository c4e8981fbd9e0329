using System.Globalization;
using System.Text.Json;
using GanFunctions.Benchmarks;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["quality", .. var rest]: return await QualityCommand.RunAsync(rest);
    case ["parallel", .. var rest]: return await ParallelCommand.RunAsync(rest);
    case ["rounds"]: return RoundsCommand.Run();
    case ["workers", .. var rest]: return await WorkersCommand.RunAsync(rest);
    case ["features", .. var rest]: return await FeaturesCommand.RunAsync(rest);
    case ["memory", .. var rest]: return await MemoryCommand.RunAsync(rest);
    case ["projection", .. var rest]: return await ProjectionCommand.RunAsync(rest);
    case ["measuring", .. var rest]: return MeasuringCommand.Run(rest);
    case ["around", .. var rest]: return await AroundCommand.RunAsync(rest);
    case ["beside", .. var rest]: return await BesideCommand.RunAsync(rest);
    case ["chart", .. var rest]: return await ChartCommand.RunAsync(rest);
    case ["upload", .. var rest]: return await UploadCommand.RunAsync(rest);
    case ["serving", .. var rest]: return await ServingCommand.RunAsync(rest);
    case ["samples", .. var rest]: return await SamplesCommand.RunAsync(rest);
    case ["runs", .. var rest]: return await RunsCommand.RunAsync(rest);
    case ["page", .. var rest]: return await PageCommand.RunAsync(rest);
    case ["arithmetic", .. var rest]: return ArithmeticCommand.Run(rest);
}
var options = Arguments.Parse(args);
if (options is null) return 2;

_ = get_num_threads(); // the first call on a thread applies the number that another thread set last, so it must come before setting our own
set_num_threads(options.Threads);
var chosen = Precisions.Resolve(Precision.Auto);
var fp32 = ConvolutionPeak.Measure(ScalarType.Float32);
double? bf16 = chosen == Precision.Bf16 ? ConvolutionPeak.Measure(ScalarType.BFloat16) : null; // emulated, it would take minutes
Console.WriteLine($"{Processor.Name}, {options.Threads} threads, batch {options.Batch}, {options.Rounds} rounds");
Console.WriteLine($"convolution peak: {fp32 / 1e9:F0} GFLOP/s fp32, {(bf16 is null ? "bf16 left out because it is slower on this processor" : $"{bf16 / 1e9:F0} bf16")}\n");

List<(Contender Loop, double Peak)> contenders = [(Contender.Published(), fp32), (Contender.Dcgan(Precision.Fp32), fp32)];
if (bf16 is { } peak) contenders.Add((Contender.Dcgan(Precision.Bf16), peak));
var measured = new StepBenchmark([.. contenders.Select(each => each.Loop)], options.Batch, options.Rounds).Run([.. contenders.Select(each => each.Peak)]);

Console.WriteLine("                    ms/step   fastest   images/s   ratio   of peak   managed bytes/step");
foreach (var row in measured)
{
    Console.WriteLine($"{row.Name,-18} {row.MillisecondsPerStep,8:F1}  {row.Fastest,8:F1}  {row.ImagesPerSecond,9:F0}  "
        + $"{row.Ratio,6:F2}  {row.ShareOfPeak,7:P0}  {row.BytesPerStep,19:N0}");
}
foreach (var row in measured.Where(row => row.Phases.Count > 0))
{
    Console.WriteLine($"\n{row.Name}, ms by phase");
    foreach (var (phase, milliseconds) in row.Phases) Console.WriteLine($"  {phase,-22} {milliseconds,6:F1}");
}
Console.WriteLine($"\npeak memory: {Processor.PeakMemoryMegabytes:F0} MB, all contenders together");
if (options.Json is { } path)
{
    var report = new
    {
        Processor = Processor.Name,
        options.Threads,
        options.Batch,
        options.Rounds,
        PeakFp32 = fp32,
        PeakBf16 = bf16,
        Processor.PeakMemoryMegabytes,
        Measured = measured,
    };
    await File.WriteAllTextAsync(path, JsonSerializer.Serialize(report, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
}
return 0;
