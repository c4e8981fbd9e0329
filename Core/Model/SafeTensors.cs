using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// The safetensors format (huggingface/safetensors, format description in its README): eight bytes of header length, little endian;
/// a JSON header with dtype, shape and offsets of each tensor, padded with blanks to a multiple of eight; the tensors' bytes without
/// gaps. The same tensors give the same bytes: names are sorted, and nothing of clock or machine goes in.
/// </summary>
public static class SafeTensors
{
    private const string MetadataKey = "__metadata__";
    private const int MaxHeader = 100_000_000; // the format's own limit

    private static readonly (string Name, ScalarType Type)[] Types =
        [("F32", ScalarType.Float32), ("F64", ScalarType.Float64), ("I64", ScalarType.Int64), ("U8", ScalarType.Byte)];

    /// <summary>Writes <paramref name="tensors"/> (float32, float64, int64 or uint8, any shape).</summary>
    /// <exception cref="NotSupportedException">A tensor is of another type.</exception>
    public static byte[] Write(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var ordered = tensors.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToList();
        var header = new JsonObject();
        if (metadata.Count > 0)
        {
            header[MetadataKey] = new JsonObject(metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                .Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));
        }
        long end = 0;
        foreach (var (name, tensor) in ordered)
        {
            var start = end;
            end += tensor.numel() * tensor.element_size();
            header[name] = new JsonObject
            {
                ["dtype"] = NameOf(tensor.dtype, name),
                ["shape"] = new JsonArray([.. tensor.shape.Select(side => (JsonNode)side)]),
                ["data_offsets"] = new JsonArray(start, end),
            };
        }
        var text = JsonSerializer.SerializeToUtf8Bytes(header);
        var padded = (text.Length + 7) / 8 * 8;

        var file = new byte[8 + padded + end];
        BinaryPrimitives.WriteInt64LittleEndian(file, padded);
        text.CopyTo(file, 8);
        file.AsSpan(8 + text.Length, padded - text.Length).Fill((byte)' ');
        var at = 8 + padded;
        foreach (var (_, tensor) in ordered)
        {
            using var contiguous = tensor.contiguous();
            var bytes = contiguous.bytes;
            bytes.CopyTo(file.AsSpan(at));
            at += bytes.Length;
        }
        return file;
    }

    /// <summary>Reads a whole file. The tensors belong to the caller, or to the dispose scope that is open.</summary>
    /// <exception cref="InvalidDataException">The file is not safetensors, or cut short.</exception>
    public static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(byte[] file)
    {
        var (header, dataStart) = ReadHeader(file);
        var tensors = new Dictionary<string, Tensor>();
        var metadata = new Dictionary<string, string>();
        foreach (var (name, entry) in header)
        {
            if (name == MetadataKey)
                metadata = entry.Deserialize<Dictionary<string, string>>() ?? [];
            else
                tensors[name] = ReadTensor(name, entry.Deserialize<Entry>(OptionsOfEntry)!, file, dataStart);
        }
        return (tensors, metadata);
    }

    private static (JsonObject Header, int DataStart) ReadHeader(byte[] file)
    {
        if (file.Length < 8) throw new InvalidDataException($"Not a safetensors file: {file.Length} bytes, fewer than the 8 of its length.");
        var length = BinaryPrimitives.ReadInt64LittleEndian(file);
        if (length is < 2 or > MaxHeader || length > file.Length - 8)
            throw new InvalidDataException($"Not a safetensors file: a header of {length} bytes in a file of {file.Length}.");
        try
        {
            var header = JsonNode.Parse(file.AsSpan(8, (int)length)) as JsonObject;
            return (header ?? throw new InvalidDataException("Not a safetensors file: its header is no JSON object."), 8 + (int)length);
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException("Not a safetensors file: its header is no JSON.", problem);
        }
    }

    private static Tensor ReadTensor(string name, Entry entry, byte[] file, int dataStart)
    {
        var type = Types.FirstOrDefault(known => known.Name == entry.Dtype);
        if (type.Name is null) throw new InvalidDataException($"Tensor {name} is of type {entry.Dtype}; known are F32, F64, I64 and U8.");
        if (entry.DataOffsets is not [var start, var end] || start < 0 || end < start || dataStart + end > file.Length)
            throw new InvalidDataException($"Tensor {name} lies outside the file.");
        var tensor = empty(entry.Shape, type.Type);
        if (tensor.numel() * tensor.element_size() != end - start)
            throw new InvalidDataException($"Tensor {name} has {end - start} bytes, not those of its shape [{string.Join(", ", entry.Shape)}].");
        file.AsSpan(dataStart + (int)start, (int)(end - start)).CopyTo(tensor.bytes);
        return tensor;
    }

    private static string NameOf(ScalarType type, string tensor)
    {
        var known = Types.FirstOrDefault(known => known.Type == type);
        return known.Name ?? throw new NotSupportedException($"Tensor {tensor} is of type {type}, which is not written.");
    }

    private static readonly JsonSerializerOptions OptionsOfEntry = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Entry(string Dtype, long[] Shape, long[] DataOffsets);
}
