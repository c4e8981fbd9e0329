using GanFunctions.Core.Training;

namespace GanFunctions.Core.Tests.Training;

public sealed class Random_numbers_of_a_run
{
    // The first four bytes of SHA-256 of "seed/attempt/epoch/step/purpose", and "/shard" for other workers than the first. A run of an earlier version
    // that is resumed must go on with the same numbers.
    [Theory]
    [InlineData(RandomPurpose.Noise, 0, 3279139681L)]
    [InlineData(RandomPurpose.Noise, 5, 792994072L)]
    [InlineData(RandomPurpose.ReferenceWeights, 0, 262013003L)]
    [InlineData(RandomPurpose.ReferenceShuffle, 0, 172051085L)]
    [InlineData(RandomPurpose.ReferenceNoise, 0, 3295425991L)]
    public void Are_those_of_every_version(RandomPurpose purpose, int shard, long seed)
    {
        using var generator = new RunRandom(seed: 1, attempt: 2).Of(new Shard(shard, 8)).At(epoch: 3, step: 4, purpose);

        Assert.Equal(seed, generator.initial_seed());
    }

    [Fact]
    public void Are_those_of_every_version_in_samples()
    {
        using var generator = RunRandom.ForSample(seed: 7, index: 9);

        Assert.Equal(2168669667L, generator.initial_seed());
    }
}
