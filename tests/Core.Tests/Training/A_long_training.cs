using System.Diagnostics;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Training;

/// <summary>Counts what the whole process holds: no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class A_long_training
{
    private const int Steps = 2000;
    private const int Settled = 200;

    [Fact]
    public void Takes_no_more_memory_after_two_thousand_steps_than_after_two_hundred()
    {
        var options = new TrainingOptions { BatchSize = 2 };
        var random = new RunRandom(options.Seed, 0);
        using var scope = NewDisposeScope();
        using var networks = new GanNetworks(options, Precision.Bf16, random, PictureShape.Mnist, []);
        using var real = zeros(options.BatchSize, 1, 28, 28);
        var (tensors, megabytes) = (0L, 0.0);
        for (var step = 0; step < Steps; step++)
        {
            DcganStep.Run(networks, options, new StepRandom(random, 1, step), new(real, null));
            if (step == Settled) (tensors, megabytes) = (Tensor.TotalCount, ResidentMegabytes());
        }

        Assert.InRange(Tensor.TotalCount - tensors, long.MinValue, 0);
        Assert.InRange(ResidentMegabytes() - megabytes, double.MinValue, 40); // a tensor of a step that leaked would be 50 at least
    }

    private static double ResidentMegabytes()
    {
        GC.Collect();
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64 / 1e6;
    }
}
