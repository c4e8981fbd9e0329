using GanFunctions.Core.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Training;

public sealed class The_optimiser
{
    [Theory]
    [InlineData(0.5, 0.999, 1e-8)]
    [InlineData(0, 0.99, 1e-7)]
    public void Updates_parameters_to_the_same_bits_as_that_of_TorchSharp(double beta1, double beta2, double epsilon)
    {
        using var scope = NewDisposeScope();
        using var random = new torch.Generator(1);
        var start = randn([50, 40], generator: random);
        using var ours = new Parameter(start.clone());
        using var theirs = new Parameter(start.clone());
        using var optimiser = new AdamOptimiser([ours], beta1, beta2, epsilon);
        using var reference = optim.Adam([theirs], 1e-3, beta1, beta2, epsilon);

        for (var step = 1; step <= 20; step++)
        {
            var target = randn([50, 40], generator: random);
            (ours.grad, theirs.grad) = (target.clone(), target.clone());
            optimiser.LearningRate = 1e-3 / step;
            foreach (var group in reference.ParamGroups) group.LearningRate = 1e-3 / step;
            optimiser.Step();
            reference.step();
        }

        Assert.Equal(theirs.data<float>().ToArray(), ours.data<float>().ToArray());
        Assert.NotEqual(start.data<float>().ToArray(), ours.data<float>().ToArray());
    }

    [Fact]
    public void Leaves_a_parameter_without_a_gradient_alone()
    {
        using var scope = NewDisposeScope();
        using var parameter = new Parameter(ones(3));
        using var optimiser = new AdamOptimiser([parameter], 0.5, 0.999, 1e-8) { LearningRate = 1 };

        optimiser.Step();

        Assert.Equal([1f, 1, 1], parameter.data<float>().ToArray());
        Assert.Equal(0, Assert.Single(optimiser.States).Step);
    }
}
