using System.Diagnostics;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>Measurements of a contender.</summary>
/// <param name="Name">Name of the contender.</param>
/// <param name="MillisecondsPerStep">Milliseconds per step: median over the turns, of eight steps each.</param>
/// <param name="Fastest">Milliseconds per step in the fastest turn.</param>
/// <param name="ImagesPerSecond">Images per second at the median.</param>
/// <param name="Ratio">Images per second relative to the baseline in the same run.</param>
/// <param name="ShareOfPeak">
/// Nominal operations of the published step per second, relative to the convolution peak of the data type.
/// </param>
/// <param name="BytesPerStep">Managed bytes allocated per step.</param>
/// <param name="Phases">Median milliseconds per step of each phase.</param>
internal sealed record Measured(
    string Name, double MillisecondsPerStep, double Fastest, double ImagesPerSecond, double Ratio, double ShareOfPeak, long BytesPerStep,
    IReadOnlyDictionary<string, double> Phases);

/// <summary>Times the training steps of several contenders, which take turns so that other load slows all of them alike.</summary>
internal sealed class StepBenchmark(IReadOnlyList<Contender> contenders, int batch, int rounds)
{
    private const int Warmup = 2;
    private const int StepsPerTurn = 8; // one of them with the gradient penalty of the dcgan preset

    // Nominal multiplications and additions of one step, per picture. Generator: one forward pass, and the backward passes to inputs and
    // weights. Discriminator: three forward passes, three backward passes to inputs and two to weights. No gradients of real pictures are
    // computed.
    private const double OperationsPerPicture = 3 * GeneratorForward + 8 * DiscriminatorForward;
    private const double GeneratorForward = 2.0 * (100 * 12544 + 49 * 256 * 128 * 25 + 49 * 128 * 64 * 25 + 196 * 64 * 25);
    private const double DiscriminatorForward = 2.0 * (196 * 64 * 25 + 49 * 64 * 128 * 25 + 6272);

    /// <summary>Runs the benchmark. The first contender is the baseline.</summary>
    /// <param name="peaks">Convolution peak of the data type of each contender, in operations per second.</param>
    public IReadOnlyList<Measured> Run(IReadOnlyList<double> peaks)
    {
        using var real = rand([batch, 1, 28, 28]) * 2 - 1;
        var times = contenders.Select(_ => new List<double>()).ToList();
        var phases = contenders.Select(_ => new Dictionary<string, List<double>>()).ToList();
        var bytes = new long[contenders.Count];
        for (var round = 0; round < Warmup + rounds; round++)
        {
            for (var index = 0; index < contenders.Count; index++)
            {
                var allocated = GC.GetTotalAllocatedBytes();
                var begun = Stopwatch.GetTimestamp();
                var turn = new Dictionary<string, double>();
                for (var step = 0; step < StepsPerTurn; step++)
                {
                    var last = Stopwatch.GetTimestamp();
                    contenders[index].Step(real, name =>
                    {
                        var now = Stopwatch.GetTimestamp();
                        turn[name] = turn.GetValueOrDefault(name) + Stopwatch.GetElapsedTime(last, now).TotalMilliseconds / StepsPerTurn;
                        last = now;
                    });
                }
                if (round < Warmup) continue;
                times[index].Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds / StepsPerTurn);
                bytes[index] += (GC.GetTotalAllocatedBytes() - allocated) / StepsPerTurn;
                foreach (var (name, milliseconds) in turn) Add(phases[index], name, milliseconds);
            }
        }
        var baseline = Median(times[0]);
        return contenders.Select((contender, index) => new Measured(
            contender.Name, Median(times[index]), times[index].Min(), batch / Median(times[index]) * 1000, baseline / Median(times[index]),
            OperationsPerPicture * batch / Median(times[index]) * 1000 / peaks[index], bytes[index] / rounds,
            phases[index].ToDictionary(phase => phase.Key, phase => Median(phase.Value)))).ToList();
    }

    private static void Add(Dictionary<string, List<double>> phases, string name, double milliseconds)
    {
        if (!phases.TryGetValue(name, out var values)) phases.Add(name, values = []);
        values.Add(milliseconds);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
