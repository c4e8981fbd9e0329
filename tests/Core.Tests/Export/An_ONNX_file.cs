using System.Text.Json;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Export;
using GanFunctions.Core.Model.Onnx;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Tests.Export;

public sealed class An_ONNX_file
{
    private static readonly Dictionary<string, string> Metadata = new() { ["run"] = "first", ["epoch"] = "3" };

    [Theory]
    [InlineData(Preset.Dcgan, 28, 1, 1)]
    [InlineData(Preset.Dcgan, 28, 3, 1)]
    [InlineData(Preset.Dcgan, 32, 3, 1)]
    [InlineData(Preset.Dcgan, 64, 1, 1)]
    [InlineData(Preset.Dcgan, 64, 3, 1)]
    [InlineData(Preset.Dcgan, 28, 4, 1)]
    [InlineData(Preset.Compact, 28, 1, 1)]
    [InlineData(Preset.Compact, 32, 3, 1)]
    [InlineData(Preset.Compact, 64, 4, 1)]
    [InlineData(Preset.Compact, 128, 3, 1)]
    [InlineData(Preset.Dcgan, 28, 1, 0.8)]
    [InlineData(Preset.Compact, 64, 3, 0.25)]
    public void Generates_the_pictures_of_the_generator(Preset preset, int side, int channels, double width)
    {
        using var generator = NetworkState.LoadGenerator(TrainedLike.File(preset, width, new(side, channels)), averaged: true);
        using var session = Open(OnnxFile.Write(generator, Metadata));

        AssertDrawsTheSame(generator, session, []);
        AssertDrawsTheSame(generator, session, [], count: 5);
    }

    [Theory]
    [InlineData(Preset.Dcgan, 28, 1, 1)]
    [InlineData(Preset.Dcgan, 64, 3, 1)]
    [InlineData(Preset.Compact, 32, 3, 1)]
    public void Generates_the_requested_labels(Preset preset, int side, int channels, double width)
    {
        using var generator = NetworkState.LoadGenerator(TrainedLike.File(preset, width, new(side, channels), 3, 7, 9, 255), averaged: true);
        using var session = Open(OnnxFile.Write(generator, Metadata));

        AssertDrawsTheSame(generator, session, [9]);
        AssertDrawsTheSame(generator, session, [7, 3, 255, 3, 9], count: 5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(256)]
    public void Refuses_an_unknown_label(long label)
    {
        using var generator = NetworkState.LoadGenerator(TrainedLike.File(PictureShape.Mnist, 3, 7, 9), averaged: true);
        using var session = Open(OnnxFile.Write(generator, Metadata));
        using var noise = TrainedLike.Noise(1);

        Assert.Throws<OnnxRuntimeException>(() => Run(session, noise, [label]));
    }

    [Fact]
    public void Describes_itself_and_accepts_any_batch_size()
    {
        using var generator = NetworkState.LoadGenerator(TrainedLike.File(new(32, 3), 3, 7), averaged: true);
        using var session = Open(OnnxFile.Write(generator, Metadata));

        Assert.Equal(Metadata, session.ModelMetadata.CustomMetadataMap);
        Assert.Equal("GanFunctions", session.ModelMetadata.ProducerName);
        Assert.Equal(["noise", "label"], session.InputMetadata.Keys);
        Assert.Equal([-1, Generator.LatentSize], session.InputMetadata["noise"].Dimensions);
        Assert.Equal([-1], session.InputMetadata["label"].Dimensions);
        Assert.Equal((typeof(float), typeof(long)), (session.InputMetadata["noise"].ElementType, session.InputMetadata["label"].ElementType));
        Assert.Equal([-1, 3, 32, 32], session.OutputMetadata["pictures"].Dimensions);
    }

    [Fact]
    public void Identifies_its_checkpoint()
    {
        var file = TrainedLike.File(new(32, 3), 3, 7);
        var manifest = ManifestOf(file);

        using var session = Open(OnnxFile.Of(manifest, file, averaged: false));

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["architecture"] = "dcgan-32x32x3",
                ["run"] = "first",
                ["epoch"] = "12",
                ["weights"] = "raw",
                ["safetensors_sha256"] = manifest.Generator.Sha256,
                ["labels"] = "3 7",
            },
            session.ModelMetadata.CustomMetadataMap);
    }

    [Fact]
    public void Names_its_classes()
    {
        var file = TrainedLike.File(PictureShape.Mnist, new ClassLabels([3, 7], ["cats", "Äffchen"]));

        var model = OnnxFile.Of(ManifestOf(file), file, averaged: true);

        using var session = Open(model);
        Assert.Equal(["cats", "Äffchen"], JsonSerializer.Deserialize<string[]>(session.ModelMetadata.CustomMetadataMap["labelNames"])!);
        Assert.Equal("3 7", session.ModelMetadata.CustomMetadataMap["labels"]);
        Assert.Equal("one of 3 (cats), 7 (Äffchen)", ModelProto.Parser.ParseFrom(model).Graph.Input.Single(input => input.Name == "label").DocString);
    }

    [Fact]
    public void Has_the_same_bytes_when_written_again_and_others_for_other_weights()
    {
        var file = TrainedLike.File(PictureShape.Mnist);
        using var average = NetworkState.LoadGenerator(file, averaged: true);
        using var again = NetworkState.LoadGenerator(file, averaged: true);
        using var raw = NetworkState.LoadGenerator(file, averaged: false);

        Assert.Equal(OnnxFile.Write(average, Metadata), OnnxFile.Write(again, Metadata));
        Assert.NotEqual(OnnxFile.Write(average, Metadata), OnnxFile.Write(raw, Metadata));
    }

    private static Manifest ManifestOf(byte[] file) => new()
    {
        Run = "first",
        Attempt = 0,
        Epoch = 12,
        Step = 10,
        StepsPerEpoch = 10,
        Dataset = "d",
        Precision = "fp32",
        Threads = 2,
        Generator = BlobReference.Of(file),
        Training = BlobReference.Of(file),
        EpochSums = new StepLosses(1, 2, 3, 4),
    };

    private static InferenceSession Open(byte[] file)
    {
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
        return new InferenceSession(file, options);
    }

    private static void AssertDrawsTheSame(Generator generator, InferenceSession session, byte[] labels, int count = 1)
    {
        using var noise = TrainedLike.Noise(count);
        var expected = TrainedLike.Draw(generator, noise, labels);

        var drawn = Run(session, noise, [.. labels]);

        Assert.Equal([count, generator.Shape.Channels, generator.Shape.Side, generator.Shape.Side], drawn.Dimensions.ToArray());
        Assert.InRange(expected.Max(Math.Abs), 0.3, 0.999); // neither blank nor saturated, so that an error would show
        var differences = drawn.ToArray().Zip(expected, (left, right) => Math.Abs(left - right));
        Assert.InRange(differences.Max(), 0, 1e-4);
    }

    private static DenseTensor<float> Run(InferenceSession session, torch.Tensor noise, long[] labels)
    {
        List<NamedOnnxValue> inputs =
        [
            NamedOnnxValue.CreateFromTensor(
                "noise", new DenseTensor<float>(noise.data<float>().ToArray(), [(int)noise.shape[0], Generator.LatentSize])),
        ];
        if (labels.Length > 0) inputs.Add(NamedOnnxValue.CreateFromTensor("label", new DenseTensor<long>(labels, [labels.Length])));
        using var results = session.Run(inputs);
        return results.Single().AsTensor<float>().ToDenseTensor();
    }
}
