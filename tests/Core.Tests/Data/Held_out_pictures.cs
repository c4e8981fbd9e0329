using GanFunctions.Core.Data;
using GanFunctions.Core.Data.Uploads;
using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Tests.Data;

public sealed class Held_out_pictures
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(19, 1)]
    [InlineData(20, 2)]
    [InlineData(100, 10)]
    public void Are_a_tenth_of_them(int count, int held)
    {
        Assert.Equal(held, HeldOut.Choose(count, null).Count(each => each));
        Assert.Equal(count, HeldOut.Choose(count, null).Length);
        Assert.Equal(HeldOut.Choose(count, null), HeldOut.Choose(count, new byte[count])); // one class
    }

    [Fact]
    public void Are_spread_over_all_of_them()
    {
        int[] held = [.. HeldOut.Choose(1000, null).Index().Where(each => each.Item).Select(each => each.Index / 250)];

        Assert.All(Enumerable.Range(0, 4), quarter => Assert.InRange(held.Count(each => each == quarter), 15, 40));
    }

    [Fact]
    public void Leave_a_picture_of_each_class_to_train_on()
    {
        byte[] labels = [.. Enumerable.Range(0, 512).Select(index => (byte)(index / 2))]; // classes of two

        var left = HeldOut.Choose(512, labels).Zip(labels).Where(each => !each.First).Select(each => each.Second).Distinct();

        Assert.Equal(labels.Distinct(), left);
    }

    [Fact]
    public void Are_not_the_only_one_of_a_class()
    {
        for (var single = 0; single < 20; single++)
        {
            var labels = new byte[20];
            labels[single] = 255;

            var held = HeldOut.Choose(20, labels);

            Assert.Equal((false, 2), (held[single], held.Count(each => each)));
        }
        byte[] pairs = [.. Enumerable.Range(0, 20).Select(index => (byte)(index / 2))];
        Assert.Equal(2, HeldOut.Choose(20, pairs).Index().Where(each => each.Item).Select(each => pairs[each.Index]).Distinct().Count());
        Assert.Single(HeldOut.Choose(20, [.. Enumerable.Range(0, 20).Select(index => (byte)index)]), each => each); // every class has only one
    }

    [Theory]
    [InlineData(0, "it has no pictures")]
    [InlineData(1, "it has one picture")]
    public void Need_two_pictures(int count, string found)
    {
        var refusal = Assert.Throws<UploadRefusedException>(() => HeldOut.Choose(count, null));
        Assert.Equal($"the upload: {found}. Expected at least 2: one to train on and one to hold out.", refusal.Message);
    }

    [Fact]
    public void Are_taken_from_the_training_pictures_with_their_labels()
    {
        byte[] pixels = [.. Enumerable.Range(0, 80).Select(value => (byte)value)];
        var parts = IdxParts.Of(new ImageSet(pixels, [.. Enumerable.Range(0, 20).Select(value => (byte)(value % 3))], 20, 2, 2), null);
        var held = HeldOut.Choose(20, parts[IdxPart.TrainLabels].Data);

        var split = HeldOut.Split(parts);

        Assert.Equal([18, 2, 2], split[IdxPart.TrainImages].Shape);
        Assert.Equal([2, 2, 2], split[IdxPart.TestImages].Shape);
        Assert.Equal([18], split[IdxPart.TrainLabels].Shape);
        foreach (var (images, labels, isTest) in ((IdxPart, IdxPart, bool)[])
            [(IdxPart.TrainImages, IdxPart.TrainLabels, false), (IdxPart.TestImages, IdxPart.TestLabels, true)])
        {
            int[] chosen = [.. held.Index().Where(each => each.Item == isTest).Select(each => each.Index)];
            Assert.Equal(chosen.SelectMany(index => Enumerable.Range(index * 4, 4)).Select(value => (byte)value), split[images].Data);
            Assert.Equal(chosen.Select(index => (byte)(index % 3)), split[labels].Data);
        }
        Assert.Same(split, HeldOut.Split(split)); // it has a test set
        parts.Remove(IdxPart.TrainLabels);
        Assert.Equal([IdxPart.TrainImages, IdxPart.TestImages], HeldOut.Split(parts).Keys.Order());
    }
}
