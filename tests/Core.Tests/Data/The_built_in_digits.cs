using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Digits;


namespace GanFunctions.Core.Tests.Data;

public sealed class The_built_in_digits
{
    private static readonly Lazy<Dataset> Digits = new(() => Draw());

    [Fact]
    public void Are_the_same_for_everyone()
    {
        Assert.Equal("ee33837492228a80839e1f23da35e8bd20b34ab0c3292b44a39d836baade15c5", Digits.Value.Sha256);
        Assert.Equal(DrawnDigits.Sha256, Digits.Value.Sha256);
    }

    [Fact]
    public void Are_sixty_thousand_and_ten_thousand_held_out_with_balanced_classes()
    {
        var (train, test) = (Digits.Value.Train, Digits.Value.Test!);

        Assert.Equal((60_000, 28, 28, 1), (train.Count, train.Height, train.Width, train.Channels));
        Assert.Equal((10_000, 28, 28, 1), (test.Count, test.Height, test.Width, test.Channels));
        Assert.Equal(Enumerable.Repeat(6000, 10), train.Labels!.CountBy(label => label).OrderBy(c => c.Key).Select(c => c.Value));
        Assert.Equal(Enumerable.Repeat(1000, 10), test.Labels!.CountBy(label => label).OrderBy(c => c.Key).Select(c => c.Value));
    }

    [Fact]
    public void Are_all_different()
    {
        var pictures = Digits.Value.Train.Pixels.Chunk(784).Concat(Digits.Value.Test!.Pixels.Chunk(784)).Select(Convert.ToBase64String);

        Assert.Equal(70_000, pictures.Distinct().Count());
    }

    [Fact]
    public void Have_about_the_ink_of_mnist_and_stay_off_the_border()
    {
        var pixels = Digits.Value.Train.Pixels;

        Assert.InRange(pixels.Average(p => (double)p), 30, 37); // MNIST: 33.3
        var border = Enumerable.Range(0, 784).Where(i => i / 28 is 0 or 27 || i % 28 is 0 or 27).ToArray();
        Assert.DoesNotContain(pixels.Chunk(784), picture => border.Any(i => picture[i] > 0));
    }

    [Fact]
    public void Can_be_classified_by_the_nearest_mean()
    {
        var (train, test) = (Digits.Value.Train, Digits.Value.Test!);
        var means = new double[10][];
        foreach (var digit in train.Pixels.Chunk(784).Zip(train.Labels!).Take(10_000).GroupBy(p => p.Second, p => p.First))
            means[digit.Key] = [.. Enumerable.Range(0, 784).Select(i => digit.Average(picture => (double)picture[i]))];

        var right = test.Pixels.Chunk(784).Take(1000).Zip(test.Labels!).Count(p =>
            p.Second == Enumerable.Range(0, 10).MinBy(digit => means[digit].Zip(p.First, (m, x) => (m - x) * (m - x)).Sum()));

        Assert.InRange(right, 750, 1000); // MNIST: about 820
    }

    private static Dataset Draw()
    {
        var (train, test) = DrawnDigits.Draw(TestContext.Current.CancellationToken);
        return Dataset.Of(DrawnDigits.Name, train, test);
    }
}
