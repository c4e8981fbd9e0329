using NetVips;

namespace GanFunctions.Functions.Tests;

/// <summary>Reads PNG files.</summary>
internal sealed record Png(byte[][] Rows)
{
    public static (int Width, int Height) Size(byte[] file)
    {
        using var image = Image.NewFromBuffer(file);
        return (image.Width, image.Height);
    }

    public static Png Pixels(byte[] file)
    {
        using var image = Image.NewFromBuffer(file);
        Assert.Equal(1, image.Bands);
        return new Png([.. image.WriteToMemory<byte>().Chunk(image.Width)]);
    }
}
