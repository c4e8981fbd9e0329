using System.Text;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Tests.Export;
using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class A_generator_file
{
    [Theory]
    [InlineData(Preset.Dcgan, 1, "dcgan-28x28x1")]
    [InlineData(Preset.Compact, 0.25, "compact-28x28x1-w0.25")]
    public void Names_the_architecture_that_it_is_loaded_with(Preset preset, double width, string architecture)
    {
        using var generator = NetworkState.LoadGenerator(TrainedLike.File(preset, width, PictureShape.Mnist), averaged: true);

        Assert.Equal((width, architecture), (generator.WidthMultiplier, NetworkState.ArchitectureOf(generator)));
    }

    [Theory]
    [InlineData("compact-28x28x1-w0.24")]
    [InlineData("compact-28x28x1-w1.25")]
    [InlineData("compact-28x28x1-w1.00")]
    [InlineData("compact-28x28x1-wide0")]
    [InlineData("compact-28x28x1-0.250")]
    [InlineData("compact-28x28-1-w0.25")]
    [InlineData("compact-99x99x1-w0.25")]
    [InlineData("kompakt-28x28x1-w0.25")]
    public void Of_an_unknown_architecture_is_refused(string architecture)
    {
        var file = Encoding.Latin1.GetString(TrainedLike.File(Preset.Compact, width: 0.25, PictureShape.Mnist));
        var strange = Encoding.Latin1.GetBytes(file.Replace("compact-28x28x1-w0.25", architecture, StringComparison.Ordinal));

        var problem = Assert.Throws<InvalidDataException>(() => NetworkState.LoadGenerator(strange, averaged: true));

        Assert.Equal($"The generator has the architecture '{architecture}', which this version does not support.", problem.Message);
    }
}
