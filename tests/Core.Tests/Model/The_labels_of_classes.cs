using GanFunctions.Core.Pictures;

namespace GanFunctions.Core.Tests.Model;

public sealed class The_labels_of_classes
{
    private static readonly ClassLabels Pets = new([0, 3, 7], ["cats", "Cats", "dogs"]);

    // As an upload numbers folders called 0 to 11, which are sorted as text.
    private static readonly ClassLabels Folders = ClassLabels.Of([.. Enumerable.Range(0, 12).Select(label => (byte)label)],
        [.. Enumerable.Range(0, 12).Select(label => $"{label}").Order(StringComparer.Ordinal)]);

    [Theory]
    [InlineData("cats", 0)]
    [InlineData("Cats", 3)] // an exact match takes precedence
    [InlineData("CATS", 0)]
    [InlineData("Dogs", 7)]
    [InlineData("7", 7)]
    [InlineData("birds", null)]
    [InlineData("1", null)]
    [InlineData("256", null)]
    public void Are_found_by_name_or_number(string text, int? label) => Assert.Equal(label, Pets.Find(text));

    [Theory]
    [InlineData("10", 2)]
    [InlineData("2", 4)]
    [InlineData("9", 11)]
    public void Are_found_by_name_if_a_number_is_also_a_name(string text, int label)
    {
        Assert.Equal((byte)label, Folders.Find(text));
        Assert.Equal(text, Folders.NameOf(label));
    }

    [Fact]
    public void Are_listed_by_name_with_numbers_that_differ_from_the_name()
    {
        Assert.Equal("cats (0), Cats (3), dogs (7)", Pets.ToString());
        Assert.Equal("0, 1, 10 (2), 11 (3), 2 (4), 3 (5), 4 (6), 5 (7), 6 (8), 7 (9), 8 (10), 9 (11)", Folders.ToString());
        Assert.Equal("0, 7, 255", new ClassLabels([0, 7, 255]).ToString());
    }

    [Fact]
    public void Are_named_by_number_beyond_the_names_of_the_data_set()
    {
        Assert.Equal(["cats", "7"], ClassLabels.Of([0, 7], ["cats", "dogs"]).Names!);
        Assert.Null(ClassLabels.Of([0, 7], null).Names);
        Assert.Null(ClassLabels.Of([], ["cats"]).Names);
    }
}
