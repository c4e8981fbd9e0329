using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;

namespace GanFunctions.Core.Export;

/// <summary>Architecture of a generator, with everything needed to rebuild it.</summary>
/// <param name="Name">Name of the architecture, as in the metadata of the safetensors file.</param>
/// <param name="Side">Width and height of a picture, in pixels.</param>
/// <param name="Channels">Colour channels: 1 for greyscale, 3 for RGB.</param>
/// <param name="LatentSize">Length of a noise vector.</param>
/// <param name="Parameters">Number of trainable parameters.</param>
/// <param name="Layers">Layers from noise to pictures.</param>
public sealed record Architecture(string Name, int Side, int Channels, int LatentSize, long Parameters, IReadOnlyList<LayerView> Layers)
{
    /// <summary>Describes the architecture of a generator.</summary>
    public static Architecture Of(Generator generator)
    {
        var (layers, side) = (GeneratorLayer.Of(generator), 0);
        return new(
            NetworkState.ArchitectureOf(generator), generator.Shape.Side, generator.Shape.Channels, Generator.LatentSize,
            generator.parameters().Sum(parameter => parameter.numel()), [.. layers.Select(Describe)]);

        LayerView Describe(GeneratorLayer layer)
        {
            var channels = layer.Up is null ? (int)layers[1].Weight.shape[0] : layer.OutputSize;
            side = layer.Up is { } up
                ? (int)((side - 1) * up.stride![0] - 2 * up.padding![0] + up.kernel_size[0] + up.output_padding![0])
                : (int)Math.Sqrt(layer.OutputSize / channels);
            return new(
                layer.Name, layer.Up is null ? "linear" : "convTranspose2d", layer.Weight.shape, layer.Up?.stride![0], layer.Up?.padding![0],
                layer.Up?.output_padding![0], layer.Classes?.shape, layer.Norm?.eps, layer.Norm is null ? "tanh" : "leakyRelu", [channels, side, side]);
        }
    }
}

/// <summary>A layer without bias, with the class embedding, normalisation and activation that follow it.</summary>
/// <param name="Name">Name of the layer; prefix of its tensors in the safetensors file.</param>
/// <param name="Kind">Kind of layer: <c>linear</c> or <c>convTranspose2d</c>.</param>
/// <param name="Weight">
/// Shape of the weights: <c>[out, in]</c> if linear, <c>[in, out, kernel, kernel]</c> if a transposed convolution.
/// </param>
/// <param name="Stride">Stride of a transposed convolution; else null.</param>
/// <param name="Padding">Padding of a transposed convolution; else null.</param>
/// <param name="OutputPadding">Output padding of a transposed convolution; else null.</param>
/// <param name="Classes">Shape of the class embedding that is added to the output; null if there is none.</param>
/// <param name="BatchNormEpsilon">Epsilon of the batch normalisation after the layer; null if there is none.</param>
/// <param name="Activation">Activation at the end: <c>leakyRelu</c> with slope 0.2, or <c>tanh</c>.</param>
/// <param name="Output">Shape of the output: channels, rows and columns.</param>
public sealed record LayerView(
    string Name, string Kind, IReadOnlyList<long> Weight, long? Stride, long? Padding, long? OutputPadding, IReadOnlyList<long>? Classes,
    double? BatchNormEpsilon, string Activation, IReadOnlyList<int> Output);
