using System.Buffers.Binary;
using System.Text;
using GanFunctions.Core.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Checkpoints;

public sealed class A_safetensors_file
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    [Fact]
    public void Has_exactly_the_bytes_of_the_specification()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["b"] = tensor(new[] { 7L }),
            ["a"] = tensor(new[] { 1f, -2f, 0.5f, 4f, 5f, 6f }).reshape(2, 3),
        };

        var file = SafeTensors.Write(tensors, new Dictionary<string, string> { ["k"] = "v" });

        const string Header = """{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}"""
            + ""","b":{"dtype":"I64","shape":[1],"data_offsets":[24,32]}}""";
        var padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        byte[] expected =
        [
            .. BitConverter.GetBytes((long)padded.Length), .. Encoding.ASCII.GetBytes(padded),
            0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0xC0, 0x00, 0x00, 0x00, 0x3F, // 1, -2, 0.5
            0x00, 0x00, 0x80, 0x40, 0x00, 0x00, 0xA0, 0x40, 0x00, 0x00, 0xC0, 0x40, // 4, 5, 6
            7, 0, 0, 0, 0, 0, 0, 0,
        ];
        Assert.Equal(expected, file);
    }

    [Fact]
    public void Round_trips_tensors_and_metadata()
    {
        using var scope = NewDisposeScope();
        using var random = new torch.Generator(3);
        var matrix = randn([4, 5], generator: random);
        var file = SafeTensors.Write(new Dictionary<string, Tensor>
        {
            ["transposed"] = matrix.t(),
            ["scalar"] = tensor(2.5, ScalarType.Float64),
            ["empty"] = empty(0),
            ["bytes"] = tensor(new byte[] { 1, 2 }),
        }, NoMetadata);

        var (tensors, metadata) = SafeTensors.Read(file);

        Assert.Empty(metadata);
        Assert.True(tensors["transposed"].equal(matrix.t()).all().item<bool>());
        Assert.Equal(2.5, tensors["scalar"].item<double>());
        Assert.Equal([0], tensors["empty"].shape);
        Assert.Equal([1, 2], tensors["bytes"].data<byte>().ToArray());
    }

    [Theory]
    [InlineData("", "header")]
    [InlineData("[1,2]", "not a JSON object")]
    [InlineData("{not json}", "not a JSON object")]
    [InlineData("""{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}""", "F16")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}}""", "outside the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "does not match its shape")]
    public void Is_refused_with_a_reason_when_damaged(string header, string reason)
    {
        using var scope = NewDisposeScope();
        var text = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + text.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(file, text.Length);
        text.CopyTo(file, 8);

        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => SafeTensors.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_refused_when_truncated()
    {
        using var scope = NewDisposeScope();
        var file = SafeTensors.Write(new Dictionary<string, Tensor> { ["a"] = zeros(10) }, NoMetadata);

        for (var length = 0; length < file.Length; length++)
            Assert.Throws<InvalidDataException>(() => SafeTensors.Read(file[..length]));
    }
}
