using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Projections;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Sampling;
using GanFunctions.Core.Tests.Export;
using GanFunctions.Core.Tests.Quality;
using GanFunctions.Core.Training;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Tests.Projections;

public sealed class A_projection
{
    private const int Steps = 60;
    private const int Unseen = 5000; // index of a picture that is not among those that a search begins with

    private static readonly PictureShape Shape = PictureShape.Mnist;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Of_a_picture_of_the_generator_itself_comes_near_to_it(int channels)
    {
        var shape = Shape with { Channels = channels };
        using var generator = NetworkState.LoadGenerator(TrainedLike.File(Preset.Compact, width: 1, shape), averaged: true);
        var target = DrawnBy(generator, index: Unseen);

        var found = new LatentProjection(generator, reference: null).Find(target, label: null, seed: 1, Steps, TestContext.Current.CancellationToken);

        Assert.True(found.Distance.Pixels < found.NearestDistance.Pixels / 3, $"{found.NearestDistance.Pixels} became {found.Distance.Pixels}");
        Assert.Equal(found.Distance.Pixels, DifferenceOf(target, found.Picture), 0.01);
        Assert.Equal(found.NearestDistance.Pixels, DifferenceOf(target, DrawnBy(generator, found.NearestIndex)), 0.2); // batches differ in the last bits
        Assert.Null(found.Distance.Features);
        Assert.Equal(1, found.Latent.Average(value => value * value), 0.7); // as likely as noise
    }

    private static byte[] DrawnBy(Generator generator, int index, byte? label = null) => Sampler.DrawEach(
        generator, 1, _ => Sampler.Latent(1, index), _ => label);

    private static double DifferenceOf(byte[] one, byte[] other) => Math.Sqrt(one.Zip(other, (a, b) => (double)(a - b) * (a - b)).Average());
}
