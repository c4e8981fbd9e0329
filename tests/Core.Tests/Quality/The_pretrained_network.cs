using GanFunctions.Core.Model.Onnx;
using GanFunctions.Core.Quality;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Quality;

public sealed class The_pretrained_network
{
    [Fact]
    public async Task Gives_the_features_that_ONNX_Runtime_gives_for_the_same_file()
    {
        const int side = 224; // the only size that the file declares
        var random = new Random(1);
        var pixels = new float[3 * side * side]; // a picture with structure: stripes with noise
        for (var at = 0; at < pixels.Length; at++) pixels[at] = 127 + 100 * MathF.Sin(at % side / 9f + at / (side * side)) + random.Next(-20, 20);
        using var network = new PretrainedNetwork();
        using var picture = tensor(pixels, [1, 3, side, side]);

        using var features = network.Run(picture);

        float[] means = [103.06262f, 115.902885f, 123.15163f]; // blue, green, red
        var input = means.SelectMany((mean, channel) => pixels.Skip((2 - channel) * side * side).Take(side * side).Select(pixel => pixel - mean)).ToArray();
        var model = ModelProto.Parser.ParseFrom(await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "ResNet18.onnx"), TestContext.Current.CancellationToken));
        model.Graph.Output.Clear();
        model.Graph.Output.Add(new ValueInfoProto { Name = network.Output });
        using var session = new InferenceSession(model.ToByteArray());
        using var results = session.Run([NamedOnnxValue.CreateFromTensor(session.InputNames[0], new DenseTensor<float>(input, [1, 3, side, side]))]);
        var expected = results[0].AsEnumerable<float>().Chunk(side * side / 16 / 16).Select(activations => activations.Average()).ToArray();
        Assert.Equal(PretrainedNetwork.Size, expected.Length);
        Assert.True(expected.Max() > 1, $"the largest feature is {expected.Max()}");
        Assert.All(expected.Zip(features.data<float>()), pair => Assert.Equal(pair.First, pair.Second, 0.01 * expected.Max()));
    }
}
