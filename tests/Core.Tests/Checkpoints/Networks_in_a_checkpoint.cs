using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Memory;
using GanFunctions.Core.Model;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Tests.Export;
using GanFunctions.Core.Training;
using static TorchSharp.torch;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class Networks_in_a_checkpoint
{
    private static readonly TrainingOptions Options = new() { Preset = Preset.Compact, WidthMultiplier = 0.25 };

    [Fact]
    public void Are_restored_with_their_averages_optimisers_and_counters()
    {
        using var scope = NewDisposeScope();
        var classes = new ClassLabels([3, 7], ["cats", "dogs"]);
        using var saved = Networks(seed: 1, classes);
        var (generator, training) = NetworkState.Save(saved, Options.Norm, learningRateFactor: 0.5);
        (generator, training) = (WithOtherValues(generator), WithOtherValues(training, "learning_rate.factor"));
        using var restored = Networks(seed: 2, new ClassLabels([3, 7]));

        var factor = NetworkState.Load(restored, generator, training);

        Assert.Equal(0.5, factor);
        var again = NetworkState.Save(restored, Options.Norm, factor);
        Assert.Equal(generator, again.Generator);
        Assert.Equal(training, again.Training);
    }

    [Theory]
    [InlineData(true, "ema.")]
    [InlineData(false, "raw.")]
    public void Are_sampled_with_their_average_or_their_raw_weights(bool averaged, string prefix)
    {
        using var scope = NewDisposeScope();
        var file = TrainedLike.File(Preset.Compact, 0.25, PictureShape.Mnist);
        var stored = SafeTensors.Read(file).Tensors;

        Generator generator;
        using (NewDisposeScope()) generator = NetworkState.LoadGenerator(file, averaged);

        using (generator)
        {
            var state = generator.state_dict();
            foreach (var (name, value) in stored.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)))
                Assert.True(state[name[prefix.Length..]].eq(value).all().item<bool>(), name);
            Assert.False(generator.training);
            Assert.All(generator.parameters(), parameter => Assert.False(parameter.requires_grad));
        }
    }

    [Fact]
    public void Are_refused_without_one_of_their_tensors()
    {
        using var scope = NewDisposeScope();
        using var networks = Networks(seed: 1, new ClassLabels([]));
        var (generator, training) = NetworkState.Save(networks, Options.Norm, learningRateFactor: 1);
        var (tensors, metadata) = SafeTensors.Read(training);
        tensors.Remove("ema.steps");

        var problem = Assert.Throws<InvalidDataException>(() => NetworkState.Load(networks, generator, SafeTensors.Write(tensors, metadata)));

        Assert.Equal("The checkpoint lacks the tensor ema.steps.", problem.Message);
    }

    [Fact]
    public void Are_refused_if_one_of_their_tensors_has_another_shape()
    {
        using var scope = NewDisposeScope();
        using var networks = Networks(seed: 1, new ClassLabels([]));
        var (generator, training) = NetworkState.Save(networks, Options.Norm, learningRateFactor: 1);
        var (tensors, metadata) = SafeTensors.Read(training);
        tensors["ema.steps"] = zeros([2, 3], ScalarType.Int64);

        var problem = Assert.Throws<InvalidDataException>(() => NetworkState.Load(networks, generator, SafeTensors.Write(tensors, metadata)));

        Assert.Equal("Tensor ema.steps has the shape [2, 3]; the network needs [].", problem.Message);
    }

    [Theory]
    [InlineData("architecture", "The generator has the architecture '', which this version does not support.")]
    [InlineData("batch_norm_epsilon", "The generator's metadata lacks batch_norm_epsilon.")]
    public void Are_not_sampled_without_metadata(string key, string message)
    {
        using var scope = NewDisposeScope();
        var (tensors, metadata) = SafeTensors.Read(TrainedLike.File(Preset.Compact, 0.25, PictureShape.Mnist));
        metadata.Remove(key);

        var problem = Assert.Throws<InvalidDataException>(() => NetworkState.LoadGenerator(SafeTensors.Write(tensors, metadata), averaged: true));

        Assert.Equal(message, problem.Message);
    }

    [Theory]
    [InlineData("""["cats"]""")]
    [InlineData("""["cats", null]""")]
    [InlineData("null")]
    [InlineData("cats")]
    public void Are_refused_with_damaged_names_of_classes(string names)
    {
        using var scope = NewDisposeScope();
        var (tensors, metadata) = SafeTensors.Read(TrainedLike.File(Preset.Compact, 0.25, PictureShape.Mnist, 3, 7));
        metadata["labelNames"] = names;

        var problem = Assert.Throws<InvalidDataException>(() => NetworkState.LoadGenerator(SafeTensors.Write(tensors, metadata), averaged: true));

        Assert.Equal($"The labelNames in the generator's metadata is not a JSON array of 2 names: {names}.", problem.Message);
    }

    [Fact]
    public void Are_not_a_start_for_networks_of_another_architecture()
    {
        using var networks = Networks(seed: 1, new ClassLabels([]));
        var file = TrainedLike.File(Preset.Compact, 0.5, PictureShape.Mnist);

        var problem = Assert.Throws<InvalidDataException>(() => InitialWeights.Load(networks, file, trainingFile: null, emaDecay: 0.999));

        Assert.Equal("its networks are compact-28x28x1-w0.5, and the run needs compact-28x28x1-w0.25", problem.Message);
    }

    [Theory]
    [InlineData("weights", true)]
    [InlineData("others", false)]
    public void Are_not_averaged_with_those_of_other_networks(string name, bool hasAnotherShape)
    {
        using var scope = NewDisposeScope();
        using var average = new StateAverage();
        average.Add(FileOf("weights", [1f]), FileOf("weights", [1f]));
        var other = FileOf(name, hasAnotherShape ? [1f, 2f] : [1f]);

        var problem = Assert.Throws<InvalidDataException>(() => average.Add(other, other));

        Assert.Equal("The tensor weights of one worker is missing or has another shape.", problem.Message);
    }

    private static GanNetworks Networks(long seed, ClassLabels classes) => new(Options, Precision.Fp32, new RunRandom(seed, 0), PictureShape.Mnist, classes);

    private static byte[] FileOf(string name, float[] values) =>
        SafeTensors.Write(new Dictionary<string, Tensor> { [name] = tensor(values) }, new Dictionary<string, string>());

    /// <summary>A file with the same names and shapes as another, and in each tensor other values.</summary>
    private static byte[] WithOtherValues(byte[] file, params string[] unchanged)
    {
        var (tensors, metadata) = SafeTensors.Read(file);
        foreach (var (index, name) in tensors.Keys.Except(unchanged).ToArray().Index()) tensors[name].copy_(tensors[name].Plus(index + 1));
        return SafeTensors.Write(tensors, metadata);
    }
}
