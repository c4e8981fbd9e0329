using System.Globalization;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Benchmarks;

/// <summary>
/// Calculates, or trains three steps, on four threads while a fifth collects garbage without a pause, and counts the results that are wrong. TorchSharp's
/// own operators end the process within seconds when compiled with optimisations: see <see cref="Arithmetic"/>.
/// </summary>
internal static class ArithmeticCommand
{
    private const int Threads = 4;
    private const int Numbers = 1_000;
    private const int Batch = 10;

    public static int Run(string[] arguments)
    {
        if (arguments is not [("own" or "torchsharp" or "training") and var what, var text] || !int.TryParse(text, CultureInfo.InvariantCulture, out var seconds))
        {
            Console.Error.WriteLine("Usage: arithmetic own|torchsharp|training <seconds>");
            return 2;
        }
        set_num_threads(1);
        using var x = ones(Numbers);
        var expected = Train();
        Func<bool> isRight = what switch
        {
            "own" => () => Own(x).item<float>() == Numbers * 8f,
            "torchsharp" => () => TorchSharps(x).item<float>() == Numbers * 8f,
            _ => () => Train() == expected,
        };
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var (done, wrong) = (0L, 0L);
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            set_num_threads(1);
            while (!end.IsCancellationRequested)
            {
                using var scope = NewDisposeScope();
                if (!isRight()) Interlocked.Increment(ref wrong);
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

    /// <summary>The checkpoint after three steps, one with a gradient penalty.</summary>
    private static (BlobReference Generator, BlobReference Training) Train()
    {
        using var scope = NewDisposeScope();
        var options = Presets.Of(Preset.Dcgan) with { WidthMultiplier = NetworkFamilies.MinWidth, GradientPenalty = 3, GradientPenaltyEvery = 3 };
        var random = new RunRandom(1, 0);
        using var networks = new GanNetworks(options, Precision.Fp32, random, PictureShape.Mnist, ClassLabels.None);
        for (var step = 0; step < 3; step++) GanStep.Run(networks, options, new StepRandom(random, 1, step), new(zeros(Batch, 1, 28, 28), null));
        var (generator, training) = NetworkState.Save(networks, options.Norm, 1);
        return (BlobReference.Of(generator), BlobReference.Of(training));
    }

    private static Tensor TorchSharps(Tensor x) => ((x * 3.0 + 1.0 - 2.0 + zeros_like(x)).square() * 4.0 / 2.0).sum();
}
