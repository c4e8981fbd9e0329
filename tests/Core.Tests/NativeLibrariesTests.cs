using static TorchSharp.torch;

namespace GanFunctions.Core.Tests;

public class NativeLibrariesTests
{
    private static string[] Natives => [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetFileName(file).Contains(".so", StringComparison.Ordinal) || Path.GetExtension(file) is ".dylib" or ".dll")];

    [Fact]
    public void Torch_loads_in_place_and_computes_gradients()
    {
        using var convolution = nn.Conv2d(1, 2, 3);
        using var loss = convolution.forward(ones(1, 1, 5, 5)).pow(2).mean();

        loss.backward();

        Assert.NotEqual(0, convolution.weight!.grad!.abs().sum().item<float>());
        // TorchSharp copies all libraries to this folder if it cannot load those next to it.
        Assert.False(Directory.Exists(Path.Combine(AppContext.BaseDirectory, "cpu")));
    }

    [Theory]
    [InlineData("LibTorchSharp")]
    [InlineData("torch_cpu")]
    [InlineData("vips")]
    public void There_is_one_of_each_for_one_platform(string name) =>
        Assert.Single(Natives, file => Path.GetFileName(file) is var full && !full.StartsWith("NetVips", StringComparison.Ordinal) &&
            full.Contains(name, StringComparison.Ordinal));

    [Theory]
    [InlineData("torch_python")]
    [InlineData("torch_global_deps")]
    [InlineData("libshm")]
    [InlineData("torchbind_test")]
    [InlineData("jitbackend_test")]
    [InlineData("backend_with_compiler")]
    [InlineData("nnapi_backend")]
    [InlineData("aoti_custom_ops")]
    [InlineData("libSkiaSharp")]
    public void None_is_unused(string name) =>
        Assert.DoesNotContain(Natives, file => Path.GetFileName(file).Contains(name, StringComparison.Ordinal));
}
