using System.Runtime.InteropServices;
using GanFunctions.Core.Export.Onnx;
using Google.Protobuf;
using static GanFunctions.Core.Export.Onnx.AttributeProto.Types;
using static GanFunctions.Core.Export.Onnx.TensorProto.Types;

namespace GanFunctions.Core.Export;

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
