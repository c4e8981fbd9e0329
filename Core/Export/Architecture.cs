using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;

namespace GanFunctions.Core.Export;

/// <summary>Architecture of a generator, with everything needed to rebuild it.</summary>
/// <param name="Name">Name of the architecture, as in the metadata of the safetensors file.</param>
/// <param name="Side">Width and height of a picture, in pixels.</param>
/// <param name="Channels">Colour channels: 1 for greyscale, 3 for RGB, 4 for RGB premultiplied by alpha, and alpha.</param>
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
            var geometry = layer.Geometry;
            var channels = geometry is null ? (int)layers[1].Weight.shape[0] : layer.OutputSize;
            side = geometry?.SideAfter(side) ?? (int)Math.Sqrt(layer.OutputSize / channels);
            var kind = geometry switch { null => "linear", { IsTransposed: true } => "convTranspose2d", _ => "conv2d" };
            return new(
                layer.Name, kind, layer.Weight.shape, geometry?.Stride, geometry?.Padding,
                geometry is { IsTransposed: true } ? geometry.OutputPadding : null, layer.Classes?.shape, layer.Norm?.eps, layer.Norm is null ? "tanh" : "leakyRelu", [channels, side, side]);
        }
    }
}

/// <summary>A layer without bias, with the class embedding, normalisation and activation that follow it.</summary>
/// <param name="Name">Name of the layer; prefix of its tensors in the safetensors file.</param>
/// <param name="Kind">Kind of layer: <c>linear</c>, <c>convTranspose2d</c> or <c>conv2d</c>.</param>
/// <param name="Weight">
/// Shape of the weights: <c>[out, in]</c> if linear, <c>[in, out, kernel, kernel]</c> if a transposed convolution, <c>[out, in, kernel, kernel]</c>
/// if a convolution.
/// </param>
/// <param name="Stride">Stride of a convolution; otherwise null.</param>
/// <param name="Padding">Padding of a convolution; otherwise null.</param>
/// <param name="OutputPadding">Output padding of a transposed convolution; else null.</param>
/// <param name="Classes">Shape of the class embedding that is added to the output; null if there is none.</param>
/// <param name="BatchNormEpsilon">Epsilon of the batch normalisation after the layer; null if there is none.</param>
/// <param name="Activation">Activation at the end: <c>leakyRelu</c> with slope 0.2, or <c>tanh</c>.</param>
/// <param name="Output">Shape of the output: channels, rows and columns.</param>
public sealed record LayerView(
    string Name, string Kind, IReadOnlyList<long> Weight, long? Stride, long? Padding, long? OutputPadding, IReadOnlyList<long>? Classes,
    double? BatchNormEpsilon, string Activation, IReadOnlyList<int> Output);
