using GanFunctions.Core.Training;
using static TorchSharp.torch;

namespace GanFunctions.Core.Tests.Training;

public sealed class A_training_thread
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Uses_its_number_of_torch_threads_and_gives_way_to_others(int threads)
    {
        var (name, isBackground, used, niceness) = await TrainingThread.RunAsync(
            threads, () => (Thread.CurrentThread.Name, Thread.CurrentThread.IsBackground, get_num_threads(), Niceness()));

        Assert.Equal(("training", true, threads), (name, isBackground, used));
        Assert.Equal(OperatingSystem.IsLinux() ? 5 : 0, niceness - Niceness());
    }

    [Fact]
    public async Task Passes_an_error_on()
    {
        var wrong = new InvalidDataException("wrong");

        Assert.Same(wrong, await Assert.ThrowsAsync<InvalidDataException>(() => TrainingThread.RunAsync<int>(1, () => throw wrong)));
    }

    // The 19th number of /proc/thread-self/stat, after the name in parentheses.
    private static int Niceness() => !OperatingSystem.IsLinux() ? 0
        : int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
}
