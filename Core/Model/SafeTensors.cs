using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace GanFunctions.Core.Model;

/// <summary>
/// Reads and writes the safetensors format (huggingface/safetensors; its README describes the format): the length of the header in eight
/// bytes, little-endian; a JSON header with the dtype, shape and offsets of each tensor, padded with spaces to a multiple of eight bytes;
/// the bytes of the tensors without gaps. The same tensors always give the same bytes: names are sorted, and neither the time nor the
/// machine is recorded.
/// </summary>
public static class SafeTensors
{
    private const string MetadataKey = "__metadata__";
    private const int MaxHeader = 100_000_000; // the format's own limit

    private static readonly (string Name, ScalarType Type, int Bytes)[] Types =
        [("F32", ScalarType.Float32, 4), ("F64", ScalarType.Float64, 8), ("I64", ScalarType.Int64, 8), ("U8", ScalarType.Byte, 1)];

    /// <summary>Writes <paramref name="tensors"/> (float32, float64, int64 or uint8, any shape).</summary>
    /// <exception cref="NotSupportedException">A tensor has another type.</exception>
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

    /// <summary>Reads a whole file. The tensors belong to the current dispose scope, or to the caller if there is none.</summary>
    /// <exception cref="InvalidDataException">The file is not a safetensors file, or it is truncated.</exception>
    public static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(byte[] file)
    {
        var (header, dataStart) = ReadHeader(file);
        var tensors = new Dictionary<string, Tensor>();
        var metadata = new Dictionary<string, string>();
        foreach (var (name, entry) in header)
        {
            try
            {
                if (name == MetadataKey)
                    metadata = entry.Deserialize<Dictionary<string, string>>() ?? [];
                else
                    tensors[name] = ReadTensor(name, entry.Deserialize<Entry>(EntryOptions), file, dataStart);
            }
            catch (JsonException problem)
            {
                throw new InvalidDataException($"The entry {name} in the header of a safetensors file is not valid.", problem);
            }
        }
        return (tensors, metadata);
    }

    private static (Dictionary<string, JsonElement> Header, int DataStart) ReadHeader(byte[] file)
    {
        if (file.Length < 8)
            throw new InvalidDataException($"Not a safetensors file: it has {file.Length} bytes, fewer than the 8 of the header length.");
        var length = BinaryPrimitives.ReadInt64LittleEndian(file);
        if (length is < 2 or > MaxHeader || length > file.Length - 8)
            throw new InvalidDataException($"Not a safetensors file: the header length is {length} in a file of {file.Length} bytes.");
        try
        {
            var header = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(file.AsSpan(8, (int)length), HeaderOptions);
            return (header ?? throw new InvalidDataException("Not a safetensors file: its header is not a JSON object."), 8 + (int)length);
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException("Not a safetensors file: its header is not a JSON object.", problem);
        }
    }

    private static Tensor ReadTensor(string name, Entry? entry, byte[] file, int dataStart)
    {
        if (entry?.Shape is null || entry.Shape.Any(length => length < 0)) throw new InvalidDataException($"Tensor {name} has no valid shape.");
        var type = Types.FirstOrDefault(known => known.Name == entry.Dtype);
        if (type.Name is null)
            throw new InvalidDataException($"Tensor {name} has type {entry.Dtype}; the supported types are F32, F64, I64 and U8.");
        if (entry.DataOffsets is not [var start, var end] || start < 0 || end < start || end > file.Length - dataStart)
            throw new InvalidDataException($"The data of tensor {name} is outside the file.");
        var size = entry.Shape.Aggregate((Int128)type.Bytes, (bytes, length) => Int128.Min(bytes * length, long.MaxValue));
        if (size != end - start)
        {
            throw new InvalidDataException(
                $"Tensor {name} has {end - start} bytes, which does not match its shape [{string.Join(", ", entry.Shape)}].");
        }
        var tensor = empty(entry.Shape, type.Type);
        file.AsSpan(dataStart + (int)start, (int)(end - start)).CopyTo(tensor.bytes);
        return tensor;
    }

    private static string NameOf(ScalarType type, string tensor)
    {
        var known = Types.FirstOrDefault(known => known.Type == type);
        return known.Name ?? throw new NotSupportedException($"Tensor {tensor} has type {type}, which cannot be written.");
    }

    private static readonly JsonSerializerOptions HeaderOptions = new() { AllowDuplicateProperties = false };
    private static readonly JsonSerializerOptions EntryOptions = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Entry(string Dtype, long[] Shape, long[] DataOffsets);
}
