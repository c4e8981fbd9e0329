using System.Diagnostics;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>What was measured of one contender.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MillisecondsPerStep">Median of its turns, of eight steps each.</param>
/// <param name="Fastest">In the fastest turn.</param>
/// <param name="ImagesPerSecond">At the median.</param>
/// <param name="Ratio">Images per second, over those of the yardstick in the same run.</param>
/// <param name="ShareOfPeak">Arithmetic of the step as published, per second, over the peak of the convolutions in its type.</param>
/// <param name="BytesPerStep">Managed bytes allocated.</param>
/// <param name="Phases">Median milliseconds of each phase.</param>
internal sealed record Measured(
    string Name, double MillisecondsPerStep, double Fastest, double ImagesPerSecond, double Ratio, double ShareOfPeak, long BytesPerStep,
    IReadOnlyDictionary<string, double> Phases);

/// <summary>Times training steps of several contenders, in turns, so that whatever else slows the machine slows them all.</summary>
internal sealed class StepBenchmark(IReadOnlyList<Contender> contenders, int batch, int rounds)
{
    private const int Warmup = 2;
    private const int StepsPerTurn = 8; // in one of which the dcgan preset takes its gradient penalty

    // Multiplications and additions of one step per picture, as the layers stand: the generator once forward and twice backward, the
    // discriminator thrice forward, thrice back to its input and twice to its weights. The first layer's way back to real pictures is not taken.
    private const double OperationsPerPicture = 3 * GeneratorForward + 8 * DiscriminatorForward;
    private const double GeneratorForward = 2.0 * (100 * 12544 + 49 * 256 * 128 * 25 + 49 * 128 * 64 * 25 + 196 * 64 * 25);
    private const double DiscriminatorForward = 2.0 * (196 * 64 * 25 + 49 * 64 * 128 * 25 + 6272);

    /// <summary>Measures; the first contender is the yardstick.</summary>
    /// <param name="peaks">Peak of the convolutions each contender may use, in operations per second.</param>
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
        var yardstick = Median(times[0]);
        return contenders.Select((contender, index) => new Measured(
            contender.Name, Median(times[index]), times[index].Min(), batch / Median(times[index]) * 1000, yardstick / Median(times[index]),
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
