using System.Globalization;
using System.Runtime.InteropServices;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Export.Onnx;
using Google.Protobuf;
using TorchSharp.Modules;
using static GanFunctions.Core.Export.Onnx.AttributeProto.Types;
using static GanFunctions.Core.Export.Onnx.TensorProto.Types;
using static GanFunctions.Core.Export.OnnxGraph;
using Discriminator = GanFunctions.Core.Model.Discriminator;
using Generator = GanFunctions.Core.Model.Generator;

namespace GanFunctions.Core.Export;

/// <summary>
/// A generator as an ONNX file (https://github.com/onnx/onnx/blob/main/docs/IR.md), to draw pictures wherever there is a runtime for those: in a
/// browser, on a phone, from any language. <c>noise [batch, 100]</c> normals and, where it is conditional, <c>label [batch]</c>, 64-bit, in;
/// <c>pictures [batch, channels, side, side]</c> in [-1, 1] out.
/// </summary>
public static class OnnxFile
{
    /// <summary>To be raised when the same generator comes out as other bytes.</summary>
    public const int Version = 1;

    // Of 2020: what runs ONNX at all knows these, and nothing newer would make the graph smaller.
    private const int Format = 7;
    private const int Operators = 13;

    private const int LabelCount = 256;

    /// <summary>Of a checkpoint: says in its metadata what it was made from.</summary>
    /// <param name="manifest">The checkpoint's.</param>
    /// <param name="generatorFile">Its <c>generator</c> file.</param>
    /// <param name="averaged">The moving average, or else the raw weights.</param>
    /// <exception cref="InvalidDataException">The file is not a generator of ours.</exception>
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
        return Write(generator, metadata);
    }

    /// <summary>Writes a generator, with its batch normalisations folded into the layers in front of them. The same generator gives the same bytes.</summary>
    /// <param name="generator">What draws.</param>
    /// <param name="metadata">What else a reader is to know, by key, in order.</param>
    /// <exception cref="NotSupportedException">It has a layer that is not known here.</exception>
    public static byte[] Write(Generator generator, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ModelProto
        {
            IrVersion = Format,
            ProducerName = "GanFunctions",
            OpsetImport = { new OperatorSetIdProto { Version = Operators } },
            Graph = Draw(generator),
        };
        model.MetadataProps.Add(metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        return model.ToByteArray();
    }

    private static GraphProto Draw(Generator generator)
    {
        var graph = new OnnxGraph("generator");
        var x = graph.Input("noise", DataType.Float, "normals", Generator.LatentSize);
        var layers = GeneratorLayer.Of(generator);
        foreach (var layer in layers)
        {
            var folded = FoldedLayer.Of(layer);
            List<string> inputs = [x, graph.Constant($"{layer.Name}.weight", folded.Weight, layer.Weight.shape)];
            if (layer.Classes is not null) inputs.Add(BiasByLabel(graph, generator.Labels, folded.Bias, layer.Outs));
            else if (folded.Bias.Length > 0) inputs.Add(graph.Constant($"{layer.Name}.bias", folded.Bias, [layer.Outs]));
            x = layer.Up is null ? graph.Node("Gemm", layer.Name, inputs, With("transB", 1)) : Up(graph, layer.Up, layer.Name, inputs);
            x = layer.Norm is null
                ? graph.Node("Tanh", "pictures", [x])
                : graph.Node("LeakyRelu", $"{layer.Name}.activated", [x], With("alpha", (float)Discriminator.Leak));
            if (layer.Up is null) x = Unflattened(graph, x, layer.Outs, (int)layers[1].Weight.shape[0]);
        }
        var shape = generator.Shape;
        graph.Output(x, "in [-1, 1]", shape.Channels, shape.Side, shape.Side);
        return graph.Proto;
    }

    private static string Up(OnnxGraph graph, ConvTranspose2d up, string name, IReadOnlyList<string> inputs) => graph.Node(
        "ConvTranspose", name, inputs,
        With("kernel_shape", up.kernel_size), With("strides", up.stride!), With("pads", [.. up.padding!, .. up.padding!]), With("output_padding", up.output_padding!));

    private static string Unflattened(OnnxGraph graph, string x, int features, int channels)
    {
        var side = (int)Math.Sqrt(features / channels);
        return graph.Node("Reshape", $"{x}.pictures", [x, graph.Constant("shape", 0, channels, side, side)]); // 0 leaves the batch as it is
    }

    // A label that is not the generator's leads behind the last row of biases, which a runtime refuses.
    private static string BiasByLabel(OnnxGraph graph, IReadOnlyList<byte> labels, float[] biases, int outs)
    {
        var places = Enumerable.Repeat((long)labels.Count, LabelCount).ToArray();
        for (var place = 0; place < labels.Count; place++) places[labels[place]] = place;
        var label = graph.Input("label", DataType.Int64, $"one of {string.Join(", ", labels)}");
        var placeOfLabel = graph.Node("Gather", "place", [graph.Constant("places", places), label]);
        return graph.Node("Gather", "bias", [graph.Constant("biases", biases, labels.Count, outs), placeOfLabel]);
    }
}

/// <summary>Builds the graph of an ONNX file, node by node. A node's result has the node's name.</summary>
internal sealed class OnnxGraph(string name)
{
    /// <summary>What was built.</summary>
    public GraphProto Proto { get; } = new() { Name = name };

    /// <summary>Adds an input whose first dimension is the batch.</summary>
    public string Input(string name, DataType type, string meaning, params long[] shape)
    {
        Proto.Input.Add(Value(name, type, meaning, shape));
        return name;
    }

    /// <summary>Says which float32 result comes out.</summary>
    public void Output(string name, string meaning, params long[] shape) => Proto.Output.Add(Value(name, DataType.Float, meaning, shape));

    /// <summary>Adds float32 numbers that do not change.</summary>
    public string Constant(string name, float[] values, params long[] shape) => Constant(name, DataType.Float, MemoryMarshal.AsBytes<float>(values), shape);

    /// <summary>Adds 64-bit numbers that do not change.</summary>
    public string Constant(string name, params long[] values) => Constant(name, DataType.Int64, MemoryMarshal.AsBytes<long>(values), [values.Length]);

    /// <summary>Adds a node.</summary>
    /// <returns>Its result.</returns>
    public string Node(string operation, string name, IEnumerable<string> inputs, params AttributeProto[] attributes)
    {
        Proto.Node.Add(new NodeProto { OpType = operation, Name = name, Input = { inputs }, Output = { name }, Attribute = { attributes } });
        return name;
    }

    /// <summary>A whole number that says how a node works.</summary>
    public static AttributeProto With(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    /// <inheritdoc cref="With(string, long)"/>
    public static AttributeProto With(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    /// <summary>Whole numbers that say how a node works.</summary>
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
