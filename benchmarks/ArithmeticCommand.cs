using System.Globalization;
using GanFunctions.Core.Memory;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>
/// Calculates on four threads while a fifth collects garbage without a pause, and counts the results that are wrong. TorchSharp's own operators end the
/// process within seconds when compiled with optimisations: see <see cref="Arithmetic"/>.
/// </summary>
internal static class ArithmeticCommand
{
    private const int Threads = 4;
    private const int Numbers = 1_000;

    public static int Run(string[] arguments)
    {
        if (arguments is not [("own" or "torchsharp") and var whose, var text] || !int.TryParse(text, CultureInfo.InvariantCulture, out var seconds))
        {
            Console.Error.WriteLine("Usage: arithmetic own|torchsharp <seconds>");
            return 2;
        }
        Func<Tensor, Tensor> calculate = whose == "own" ? Own : TorchSharps;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var (done, wrong) = (0L, 0L);
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            set_num_threads(1);
            using var x = ones(Numbers);
            while (!end.IsCancellationRequested)
            {
                using var scope = NewDisposeScope();
                if (calculate(x).item<float>() != Numbers * 8f) Interlocked.Increment(ref wrong);
                Interlocked.Increment(ref done);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        while (!end.IsCancellationRequested)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        threads.ForEach(thread => thread.Join());
        Console.WriteLine($"{done:N0} calculations beside {GC.CollectionCount(2):N0} garbage collections, {wrong:N0} wrong");
        return wrong == 0 ? 0 : 1;
    }

    // (1 * 3 + 1 - 2 + 0)² * 4 / 2 for each number: all factors of the sum are temporary in TorchSharp
    private static Tensor Own(Tensor x) => x.Times(3).Plus(1).Minus(2).Plus(zeros_like(x)).Squared().Times(4).Over(2).sum();

    private static Tensor TorchSharps(Tensor x) => ((x * 3.0 + 1.0 - 2.0 + zeros_like(x)).square() * 4.0 / 2.0).sum();
}
