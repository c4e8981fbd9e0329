using System.Runtime.InteropServices;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Pictures;
using GanFunctions.Core.Training;
using NetVips;

namespace GanFunctions.Core.Tests.Export;

/// <summary><c>docs/generator.py</c>, run unchanged.</summary>
public sealed class The_Python_script(PythonWithTorch python) : IClassFixture<PythonWithTorch>, IDisposable
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "generator.py");
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly string _folder = Directory.CreateTempSubdirectory("generator-").FullName;

    [Theory]
    [InlineData(Preset.Dcgan, 28, 1, 1, "ema")]
    [InlineData(Preset.Dcgan, 32, 3, 1, "raw")]
    [InlineData(Preset.Dcgan, 64, 3, 1, "ema")]
    [InlineData(Preset.Dcgan, 32, 4, 1, "ema")]
    [InlineData(Preset.Compact, 28, 1, 1, "raw")]
    [InlineData(Preset.Compact, 64, 3, 0.25, "ema")]
    public async Task Generates_the_pictures_of_the_generator(Preset preset, int side, int channels, double width, string weights)
    {
        var file = await StoreAsync(TrainedLike.File(preset, width, new(side, channels)));

        Assert.InRange(await DifferenceAsync(file, weights, [], "--weights", weights), 0, 1e-4);
    }

    [Fact]
    public async Task Generates_the_requested_label_or_each_in_turn()
    {
        var file = await StoreAsync(TrainedLike.File(PictureShape.Mnist, 3, 7, 9));

        Assert.InRange(await DifferenceAsync(file, "ema", [7, 7, 7, 7, 7], "--label", "7"), 0, 1e-4);
        Assert.InRange(await DifferenceAsync(file, "ema", [3, 7, 9, 3, 7]), 0, 1e-4);
    }

    [Theory]
    [InlineData("cats", 0)]
    [InlineData("DOGS", 1)]
    [InlineData("0", 9)] // a name takes precedence over a label
    [InlineData("1", 1)]
    public async Task Generates_a_class_by_name(string name, byte label)
    {
        var file = await StoreAsync(TrainedLike.File(PictureShape.Mnist, new ClassLabels([0, 1, 9], ["cats", "Dogs", "0"])));

        Assert.InRange(await DifferenceAsync(file, "ema", [label, label, label, label, label], "--label", name), 0, 1e-4);
    }

    [Fact]
    public async Task Lists_the_names_of_the_classes()
    {
        var file = await StoreAsync(TrainedLike.File(PictureShape.Mnist, new ClassLabels([0, 1, 9], ["cats", "Dogs", "9"])));

        var (code, _, error) = await python.RunAsync(Script, file, "--label", "birds");

        Assert.Equal(1, code);
        Assert.EndsWith("label: birds is not valid; it must be one of cats (0), Dogs (1), 9.", error.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_the_labels()
    {
        var file = await StoreAsync(TrainedLike.File(PictureShape.Mnist, 3, 7, 9));

        var (code, _, error) = await python.RunAsync(Script, file, "--label", "8");

        Assert.Equal(1, code);
        Assert.EndsWith("label: 8 is not valid; it must be one of 3, 7, 9.", error.Trim(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "P5 84 56 255\n", ".pgm")]
    [InlineData(3, "P6 84 56 255\n", ".ppm")]
    public async Task Writes_a_picture_file(int channels, string header, string suffix)
    {
        var file = await StoreAsync(TrainedLike.File(new(28, channels)));
        var path = Path.Combine(_folder, "grid");

        var (code, output, error) = await python.RunAsync(Script, file, "--count", "5", "--out", path);

        Assert.True(code == 0, error);
        Assert.Equal(path + suffix, output.Trim());
        var picture = await System.IO.File.ReadAllBytesAsync(path + suffix, Cancellation);
        Assert.Equal(header, System.Text.Encoding.ASCII.GetString(picture, 0, header.Length));
        Assert.Equal(header.Length + 84 * 56 * channels, picture.Length);
        Assert.InRange(picture[header.Length..].Distinct().Count(), 50, 256);
    }

    [Fact]
    public async Task Writes_a_PNG_file_with_straight_colours_if_pictures_are_transparent()
    {
        var shape = new PictureShape(32, 4);
        var file = await StoreAsync(TrainedLike.File(shape));
        using var generator = NetworkState.LoadGenerator(await System.IO.File.ReadAllBytesAsync(file, Cancellation), averaged: true);
        using var noise = TrainedLike.Noise(1);
        byte[] drawn = [.. TrainedLike.Draw(generator, noise, []).Select(value => (byte)Math.Round((value + 1) * 127.5f))];
        var expected = PictureGrid.Png(drawn, shape, columns: 1, scale: 1, Cancellation);
        var (noiseFile, path) = (Path.Combine(_folder, "noise"), Path.Combine(_folder, "grid"));
        await System.IO.File.WriteAllBytesAsync(noiseFile, noise.bytes.ToArray(), Cancellation);

        var (code, output, error) = await python.RunAsync(Script, file, "--noise", noiseFile, "--out", path);

        Assert.True(code == 0, error);
        Assert.Equal(path + ".png", output.Trim());
        using var image = Image.NewFromFile(path + ".png");
        using var same = Image.NewFromBuffer(expected);
        Assert.Equal((32, 32, 4), (image.Width, image.Height, image.Bands));
        using var visible = same[3] > 100; // a value that is rounded differently changes a faint colour more
        Assert.InRange(((image - same).Abs() * (visible / 255)).Max(), 0, 3);
        Assert.InRange(visible.Avg(), 1, 254);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<double> DifferenceAsync(string file, string weights, byte[] labels, params string[] arguments)
    {
        using var generator = NetworkState.LoadGenerator(await System.IO.File.ReadAllBytesAsync(file, Cancellation), averaged: weights == "ema");
        using var noise = TrainedLike.Noise(5);
        var expected = TrainedLike.Draw(generator, noise, labels);
        var (noiseFile, numbers) = (Path.Combine(_folder, "noise"), Path.Combine(_folder, "numbers"));
        await System.IO.File.WriteAllBytesAsync(noiseFile, noise.bytes.ToArray(), Cancellation);

        var (code, _, error) = await python.RunAsync(Script, [file, "--noise", noiseFile, "--numbers", numbers, .. arguments]);

        Assert.True(code == 0, error);
        var drawn = MemoryMarshal.Cast<byte, float>(await System.IO.File.ReadAllBytesAsync(numbers, Cancellation)).ToArray();
        Assert.Equal(expected.Length, drawn.Length);
        return expected.Zip(drawn, (left, right) => Math.Abs((double)left - right)).Max();
    }

    private async Task<string> StoreAsync(byte[] generator)
    {
        var path = Path.Combine(_folder, "generator.safetensors");
        await System.IO.File.WriteAllBytesAsync(path, generator, Cancellation);
        return path;
    }
}
