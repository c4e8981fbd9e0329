using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model;


namespace GanFunctions.Core.Export;

/// <summary>How a generator is built, for people and for code that builds it anew.</summary>
/// <param name="Name">As in the metadata of its safetensors file.</param>
/// <param name="Side">Rows and columns of a picture, in pixels.</param>
/// <param name="Channels">1 is grey, 3 is red, green and blue.</param>
/// <param name="LatentSize">Length of a noise vector.</param>
/// <param name="Parameters">Numbers that were trained.</param>
/// <param name="Layers">From noise to pictures.</param>
public sealed record Architecture(string Name, int Side, int Channels, int LatentSize, long Parameters, IReadOnlyList<LayerView> Layers)
{
    /// <summary>The architecture of a generator.</summary>
    public static Architecture Of(Generator generator)
    {
        var (layers, side) = (GeneratorLayer.Of(generator), 0);
        return new(
            NetworkState.ArchitectureOf(generator), generator.Shape.Side, generator.Shape.Channels, Generator.LatentSize,
            generator.parameters().Sum(parameter => parameter.numel()), [.. layers.Select(Describe)]);

        LayerView Describe(GeneratorLayer layer)
        {
            var channels = layer.Up is null ? (int)layers[1].Weight.shape[0] : layer.Outs;
            side = layer.Up is { } up
                ? (int)((side - 1) * up.stride![0] - 2 * up.padding![0] + up.kernel_size[0] + up.output_padding![0])
                : (int)Math.Sqrt(layer.Outs / channels);
            return new(
                layer.Name, layer.Up is null ? "linear" : "convTranspose2d", layer.Weight.shape, layer.Up?.stride![0], layer.Up?.padding![0],
                layer.Up?.output_padding![0], layer.Classes?.shape, layer.Norm?.eps, layer.Norm is null ? "tanh" : "leakyRelu", [channels, side, side]);
        }
    }
}

/// <summary>A layer, without biases, and what follows it.</summary>
/// <param name="Name">As its tensors are named in the safetensors file.</param>
/// <param name="Kind"><c>linear</c> or <c>convTranspose2d</c>.</param>
/// <param name="Weight">Shape of its weights: <c>[out, in]</c>, or <c>[in, out, kernel, kernel]</c>.</param>
/// <param name="Stride">Of a convolution.</param>
/// <param name="Padding">Of a convolution.</param>
/// <param name="OutputPadding">Of a convolution.</param>
/// <param name="Classes">Shape of what is added for each class; null where nothing is.</param>
/// <param name="BatchNormEpsilon">Of the batch normalisation behind it; null where there is none.</param>
/// <param name="Activation">Behind that: <c>leakyRelu</c> of slope 0.2, or <c>tanh</c>.</param>
/// <param name="Output">Channels, rows and columns of the result.</param>
public sealed record LayerView(
    string Name, string Kind, IReadOnlyList<long> Weight, long? Stride, long? Padding, long? OutputPadding, IReadOnlyList<long>? Classes,
    double? BatchNormEpsilon, string Activation, IReadOnlyList<int> Output);
