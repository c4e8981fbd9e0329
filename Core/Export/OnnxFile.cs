using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Model.Onnx;
using GanFunctions.Core.Pictures;
using Google.Protobuf;
using static GanFunctions.Core.Export.OnnxGraph;
using static GanFunctions.Core.Model.Onnx.AttributeProto.Types;
using static GanFunctions.Core.Model.Onnx.TensorProto.Types;
using Discriminator = GanFunctions.Core.Model.Discriminator;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Export;

/// <summary>
/// Exports a generator as an ONNX file (https://github.com/onnx/onnx/blob/main/docs/IR.md), which generates pictures wherever there is an
/// ONNX runtime: in a browser, on a phone, from any language. Inputs: <c>noise [batch, 100]</c> from the standard normal distribution and,
/// if the generator is conditional, <c>label [batch]</c>, int64. Output: <c>pictures [batch, channels, side, side]</c> in [-1, 1]:
/// grey, RGB, or RGBA with premultiplied colours.
/// </summary>
public static class OnnxFile
{
    /// <summary>Version of the export. Increase it with every change that affects the bytes of the file.</summary>
    public const int Version = 1;

    // Versions from 2020, which all current runtimes support. Newer ones would not make the graph smaller.
    private const int IrVersion = 7;
    private const int OperatorSetVersion = 13;

    private const int LabelCount = 256;

    /// <summary>Exports the generator of a checkpoint. The metadata of the file identifies the checkpoint.</summary>
    /// <param name="manifest">The manifest of the checkpoint.</param>
    /// <param name="generatorFile">Its <c>generator</c> file.</param>
    /// <param name="averaged">Whether to export the moving average or the raw weights.</param>
    /// <exception cref="InvalidDataException">The file is not a generator that this version supports.</exception>
    public static byte[] Of(Manifest manifest, byte[] generatorFile, bool averaged)
    {
        using var generator = NetworkState.LoadGenerator(generatorFile, averaged);
        var metadata = new List<KeyValuePair<string, string>>
        {
            new("architecture", NetworkState.ArchitectureOf(generator)),
            new("run", manifest.Run),
            new("epoch", manifest.Epoch.ToString(CultureInfo.InvariantCulture)),
            new("weights", averaged ? "ema" : "raw"),
            new("safetensors_sha256", manifest.Generator.Sha256),
        };
        if (generator.IsConditional) metadata.Add(new("labels", string.Join(' ', generator.Labels)));
        if (generator.Classes.Names is { } names) metadata.Add(new("labelNames", JsonSerializer.Serialize(names)));
        return Write(generator, metadata);
    }

    /// <summary>
    /// Exports a generator, with its batch normalisation folded into the preceding layers. The same generator always gives the same bytes.
    /// </summary>
    /// <param name="generator">The generator.</param>
    /// <param name="metadata">Metadata of the file, in order.</param>
    /// <exception cref="NotSupportedException">A layer has an unknown type.</exception>
    public static byte[] Write(Generator generator, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "GanFunctions",
            OpsetImport = { new OperatorSetIdProto { Version = OperatorSetVersion } },
            Graph = GraphOf(generator),
        };
        model.MetadataProps.Add(metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        return model.ToByteArray();
    }

    private static GraphProto GraphOf(Generator generator)
    {
        var graph = new OnnxGraph("generator");
        var x = graph.Input("noise", DataType.Float, "normals", Generator.LatentSize);
        var layers = GeneratorLayer.Of(generator);
        foreach (var layer in layers)
        {
            var folded = FoldedLayer.Of(layer);
            List<string> inputs = [x, graph.Constant($"{layer.Name}.weight", folded.Weight, layer.Weight.shape)];
            if (layer.Classes is not null) inputs.Add(BiasByLabel(graph, generator.Classes, folded.Bias, layer.OutputSize));
            else if (folded.Bias.Length > 0) inputs.Add(graph.Constant($"{layer.Name}.bias", folded.Bias, [layer.OutputSize]));
            x = layer.Geometry is { } geometry ? Convolution(graph, geometry, layer.Name, inputs) : graph.Node("Gemm", layer.Name, inputs, With("transB", 1));
            x = layer.Norm is null
                ? graph.Node("Tanh", "pictures", [x])
                : graph.Node("LeakyRelu", $"{layer.Name}.activated", [x], With("alpha", (float)Discriminator.Leak));
            if (layer.Geometry is null) x = Unflatten(graph, x, layer.OutputSize, (int)layers[1].Weight.shape[0]);
        }
        var shape = generator.Shape;
        graph.Output(x, shape.HasAlpha ? "in [-1, 1]; RGBA with premultiplied colours" : "in [-1, 1]", shape.Channels, shape.Side, shape.Side);
        return graph.Proto;
    }

    private static string Convolution(OnnxGraph graph, ConvolutionGeometry geometry, string name, IReadOnlyList<string> inputs)
    {
        var (kernel, stride, padding) = (geometry.Kernel, geometry.Stride, geometry.Padding);
        List<AttributeProto> attributes =
            [With("kernel_shape", [kernel, kernel]), With("strides", [stride, stride]), With("pads", [padding, padding, padding, padding])];
        if (geometry.IsTransposed) attributes.Add(With("output_padding", [geometry.OutputPadding, geometry.OutputPadding]));
        return graph.Node(geometry.IsTransposed ? "ConvTranspose" : "Conv", name, inputs, [.. attributes]);
    }

    private static string Unflatten(OnnxGraph graph, string x, int features, int channels)
    {
        var side = (int)Math.Sqrt(features / channels);
        return graph.Node("Reshape", $"{x}.pictures", [x, graph.Constant("shape", 0, channels, side, side)]); // 0 keeps the batch dimension
    }

    // An unknown label maps to an index after the last row of biases, which runtimes reject.
    private static string BiasByLabel(OnnxGraph graph, ClassLabels classes, float[] biases, int outputSize)
    {
        var labels = classes.Labels;
        var indexes = Enumerable.Repeat((long)labels.Count, LabelCount).ToArray();
        for (var index = 0; index < labels.Count; index++) indexes[labels[index]] = index;
        var label = graph.Input("label", DataType.Int64, $"one of {string.Join(", ", classes.ToList().Select(NumberAndName))}");
        var indexOfLabel = graph.Node("Gather", "place", [graph.Constant("places", indexes), label]);
        return graph.Node("Gather", "bias", [graph.Constant("biases", biases, labels.Count, outputSize), indexOfLabel]);

        static string NumberAndName(ClassLabel each) => each.Name is { } name ? $"{each.Label} ({name})" : $"{each.Label}";
    }
}

/// <summary>Builds the graph of an ONNX file node by node. The output of a node has the node's name.</summary>
internal sealed class OnnxGraph(string name)
{
    /// <summary>The graph so far.</summary>
    public GraphProto Proto { get; } = new() { Name = name };

    /// <summary>Adds an input whose first dimension is the batch.</summary>
    public string Input(string name, DataType type, string meaning, params long[] shape)
    {
        Proto.Input.Add(Value(name, type, meaning, shape));
        return name;
    }

    /// <summary>Makes a float32 result an output of the graph.</summary>
    public void Output(string name, string meaning, params long[] shape) => Proto.Output.Add(Value(name, DataType.Float, meaning, shape));

    /// <summary>Adds a float32 constant.</summary>
    public string Constant(string name, float[] values, params long[] shape) => Constant(name, DataType.Float, MemoryMarshal.AsBytes<float>(values), shape);

    /// <summary>Adds an int64 constant.</summary>
    public string Constant(string name, params long[] values) => Constant(name, DataType.Int64, MemoryMarshal.AsBytes<long>(values), [values.Length]);

    /// <summary>Adds a node.</summary>
    /// <returns>The name of its output.</returns>
    public string Node(string operation, string name, IEnumerable<string> inputs, params AttributeProto[] attributes)
    {
        Proto.Node.Add(new NodeProto { OpType = operation, Name = name, Input = { inputs }, Output = { name }, Attribute = { attributes } });
        return name;
    }

    /// <summary>A scalar attribute of a node.</summary>
    public static AttributeProto With(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    /// <inheritdoc cref="With(string, long)"/>
    public static AttributeProto With(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    /// <summary>An attribute of a node with several integers.</summary>
    public static AttributeProto With(string name, IEnumerable<long> values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };

    private string Constant(string name, DataType type, ReadOnlySpan<byte> littleEndian, long[] shape)
    {
        Proto.Initializer.Add(new TensorProto { Name = name, DataType = type, Dims = { shape }, RawData = ByteString.CopyFrom(littleEndian) });
        return name;
    }

    private static ValueInfoProto Value(string name, DataType type, string meaning, long[] shape)
    {
        var dimensions = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "batch" } } };
        dimensions.Dim.Add(shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto
        {
            Name = name,
            DocString = meaning,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = dimensions } },
        };
    }
}
