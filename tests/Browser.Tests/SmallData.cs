using System.Buffers.Binary;
using GanFunctions.Core.Data.Digits;

namespace GanFunctions.Browser.Tests;

/// <summary>A small data set from the built-in digits. Its quality reference takes seconds to compute.</summary>
internal static class SmallData
{
    public const string Name = "few-digits";
    private const int Count = 600;

    /// <summary>Uploads the data set as a form with IDX files.</summary>
    public static async Task UploadAsync(HttpClient http)
    {
        var digits = DrawnDigits.Draw(TestContext.Current.CancellationToken).Train;
        using var form = new MultipartFormDataContent
        {
            {
                new ByteArrayContent(Idx(digits.Pixels.AsSpan(0, Count * digits.Height * digits.Width), Count, digits.Height, digits.Width)),
                "images", "train-images-idx3-ubyte"
            },
            { new ByteArrayContent(Idx(digits.Labels.AsSpan(0, Count), Count)), "labels", "train-labels-idx1-ubyte" },
        };
        await http.UploadAsync(Name, form);
    }

    private static byte[] Idx(ReadOnlySpan<byte> values, params int[] shape)
    {
        var header = new byte[4 + 4 * shape.Length];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x800 + shape.Length);
        for (var axis = 0; axis < shape.Length; axis++) BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * axis), shape[axis]);
        return [.. header, .. values];
    }
}
