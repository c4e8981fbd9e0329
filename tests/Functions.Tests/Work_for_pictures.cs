using GanFunctions.Core.Pictures;
using GanFunctions.Functions.Http;
using GanFunctions.Functions.Samples;

namespace GanFunctions.Functions.Tests;

public sealed class Work_for_pictures
{
    public static TheoryData<PictureShape> Shapes => [.. new PictureShape[] { new(28, 1), new(32, 3), new(64, 3), new(128, 3), new(128, 4) }];

    [Theory]
    [InlineData(28, 1, 8192)]
    [InlineData(64, 3, 1568)]
    [InlineData(128, 4, 392)]
    public void Is_limited_by_the_pixels_to_generate(int side, int channels, int most)
    {
        var shape = new PictureShape(side, channels);

        Assert.Equal(most, PictureWork.MaxDrawn(shape));
        Assert.Null(PictureWork.Grid(shape, most, columns: 64, scale: 1, Format.Png).TooManyDrawn);
        Assert.Equal(
            $"{most + 1} pictures of {shape} are too many for one request; the maximum is {most}",
            PictureWork.Grid(shape, most + 1, columns: 64, scale: 1, Format.Png).TooManyDrawn);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Is_small_and_valid_for_the_defaults(PictureShape shape)
    {
        foreach (var format in new[] { Format.Png, Format.WebP, Format.Jpeg })
        {
            var work = PictureWork.Grid(shape, drawn: 64, columns: 8, scale: 2, format);
            Assert.True(work is { IsSmall: true, TooLarge: null, TooManyDrawn: null }, $"{work}");
        }
        Assert.Null(PictureWork.Grid(shape, drawn: 0, columns: 8, scale: 1, Format.Gif, frames: 60, cells: 64).TooLarge); // a timelapse
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Is_never_more_than_the_app_has_memory_for(PictureShape shape)
    {
        var valid =
            from format in new[] { Format.Png, Format.WebP, Format.Jpeg, Format.Gif }
            from count in new[] { 1, 16, 64, 392, 1024 }
            from frames in format == Format.Gif || format == Format.WebP ? new[] { 1, 60, 1920 } : [1]
            from scale in Enumerable.Range(1, 16)
            let work = PictureWork.Grid(shape, count * frames, columns: 64, scale, format, frames)
            where work is { TooLarge: null, TooManyDrawn: null }
            select work;

        Assert.All(valid, work =>
        {
            var (frame, whole) = ((long)work.Width * work.Height, (long)work.Width * work.Height * work.Frames);
            Assert.InRange(work.Format == Format.WebP || work.Format == Format.Gif ? frame : 0, 0, 16 << 20);
            Assert.InRange(whole * shape.Channels, 1, 256 << 20);
            Assert.InRange((long)work.Drawn * shape.Size, 1, 32 << 20);
        });
    }
}
