using System.Diagnostics;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Training;

/// <summary>Measures the memory of the whole process, so no other test may run at the same time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class A_long_training
{
    /// <summary>A few hundred steps, or 2,000 in a soak test. A processor without bfloat16 support takes seconds for a step in bfloat16.</summary>
    [Theory]
    [InlineData(Precision.Fp32, 300)]
    [InlineData(Precision.Bf16, 10)]
    public void Uses_no_more_memory_at_its_end_than_near_its_beginning(Precision precision, int usual)
    {
        var steps = Precisions.Resolve(Precision.Auto) == precision ? Soak.Count(usual, 2000) : usual;
        var options = new TrainingOptions
        {
            BatchSize = 2,
            GradientPenaltyEvery = 2,
            WidthMultiplier = Soak.IsOn ? NetworkFamilies.FullWidth : NetworkFamilies.MinWidth,
        };
        var random = new RunRandom(options.Seed, 0);
        using var scope = NewDisposeScope();
        using var networks = new GanNetworks(options, precision, random, PictureShape.Mnist, ClassLabels.None);
        using var real = zeros(options.BatchSize, 1, 28, 28);
        var (tensors, megabytes) = (0L, 0.0);
        for (var step = 0; step < steps; step++)
        {
            GanStep.Run(networks, options, new StepRandom(random, 1, step), new(real, null));
            if (step == steps / 5) (tensors, megabytes) = (Tensor.TotalCount, ResidentMegabytes());
        }

        Assert.InRange(Tensor.TotalCount - tensors, long.MinValue, 0);
        Assert.InRange(ResidentMegabytes() - megabytes, double.MinValue, 40); // a leak of one tensor per step would take at least 50 MB in 2,000 steps
    }

    private static double ResidentMegabytes()
    {
        GC.Collect();
        FreedMemory.ReturnNative(); // freed memory that the C library keeps is not a leak
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64 / 1e6;
    }
}
