using System.Xml.Linq;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Training;
using NetVips;

namespace GanFunctions.Core.Tests.Imaging;

public sealed class A_chart_of_losses
{
    private static readonly ChartRenderer Renderer = new();
    private const int Steps = 90;
    private static readonly DateTimeOffset Time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly string[] Curves = ["discriminator loss", "generator loss", "D(x)", "D(G(z))"];

    [Theory]
    [InlineData(ChartTheme.Light)]
    [InlineData(ChartTheme.Dark)]
    public void Shows_every_curve_in_its_colour(ChartTheme theme)
    {
        var colours = ChartColours.Of(theme);

        var pixels = Pixels(Draw(Run(epochs: 3), theme));

        Assert.Equal((colours.Background.R, colours.Background.G, colours.Background.B), pixels.GroupBy(pixel => pixel).MaxBy(group => group.Count())!.Key);
        Assert.All(colours.Curves.Take(5), curve => Assert.Contains((curve.R, curve.G, curve.B), pixels));
    }

    [Fact]
    public void Has_the_requested_size()
    {
        using var picture = Image.NewFromBuffer(Renderer.Png(LossChart.Svg("run", Run(epochs: 2), Steps, 1, ChartTheme.Light, 700, 450)));

        Assert.Equal((700, 450, 3), (picture.Width, picture.Height, picture.Bands));
    }

    [Fact]
    public void Uses_the_bundled_font()
    {
        const string Svg = """
            <svg xmlns="http://www.w3.org/2000/svg" width="900" height="200"><rect width="900" height="200" fill="white"/>
            <text x="10" y="100" font-size="96" font-family="Arimo">discriminator loss</text></svg>
            """;

        using var picture = Image.NewFromBuffer(Renderer.Png(Svg));

        var width = (int)picture.FindTrim(background: [255])[2];
        Assert.InRange(width, 725, 741); // the widths of the letters add up to 741; those of another font, or of placeholder boxes, differ much more
    }

    [Fact]
    public void Is_an_XML_document_with_a_title()
    {
        var texts = Texts(Draw(Run(epochs: 3)));

        Assert.All(["Run run", "epoch", "loss (nats)", "probability", "Fréchet distance", .. Curves], text => Assert.Contains(text, texts));
    }

    [Fact]
    public void Follows_the_viewers_theme_if_none_was_requested()
    {
        var (viewer, light) = (Draw(Run(epochs: 2), ChartTheme.Viewer), Draw(Run(epochs: 2), ChartTheme.Light));

        Assert.Contains("@media (prefers-color-scheme: dark)", viewer, StringComparison.Ordinal);
        Assert.DoesNotContain("@media", light, StringComparison.Ordinal);
        Assert.Equal(Renderer.Png(light), Renderer.Png(viewer));
        var painted = System.Text.RegularExpressions.Regex.Matches(light, @"rgb\([\d,]+\)").Select(match => match.Value).Distinct();
        Assert.All(painted, colour => Assert.Contains($"fill:{colour}\"]", viewer, StringComparison.Ordinal));
    }

    [Fact]
    public void Leaves_a_gap_where_a_loss_was_not_finite()
    {
        var whole = Run(epochs: 1);
        var broken = whole.Select(row => row.Step() is 40 or 50 ? Step(1, row.Step()!.Value, double.NaN) : row).ToList();

        var svg = Draw(broken);

        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
        Assert.Equal(LinesOf(Draw(whole), curve: 0) + 1, LinesOf(svg, curve: 0));
        Assert.Equal(LinesOf(Draw(whole), curve: 1), LinesOf(svg, curve: 1));
    }

    [Fact]
    public void Shows_a_single_row()
    {
        var colours = ChartColours.Light;

        var pixels = Pixels(Draw([Step(1, 10, 1.25)]));

        Assert.All(colours.Curves.Take(4), curve => Assert.Contains((curve.R, curve.G, curve.B), pixels));
    }

    [Fact]
    public void Says_so_when_there_is_nothing_to_show()
    {
        Assert.Contains("No losses yet", Texts(Draw([])));
        Assert.Contains("No losses yet from epoch 4 on", Texts(LossChart.Svg("run", Run(epochs: 3), Steps, 4, ChartTheme.Light, 960, 640)));
    }

    [Fact]
    public void Draws_no_more_points_than_are_visible()
    {
        var steps = Enumerable.Range(1, 20_000).Select(step => LossRow.OfStep("run", 0, 1, step, new StepLosses(step % 7, 1, 0.5, 0.5), 300, Time)).ToList();

        var svg = LossChart.Svg("run", steps, 20_000, 1, ChartTheme.Light, 960, 640);

        var most = XDocument.Parse(svg).Descendants().Attributes("points").Max(points => points.Value.Count(character => character == ','));
        Assert.InRange(most, 960, 4 * 960);
    }

    [Theory]
    [InlineData(100, 20, new[] { "50", "100" })] // linear, from 0
    [InlineData(300, 20, new[] { "20", "50", "100", "200" })] // logarithmic
    public void Has_a_logarithmic_axis_if_distances_span_a_factor_of_ten(double first, double last, string[] numbers)
    {
        List<LossRow> rows = [Step(1, Steps, 1), Epoch(1, first), Step(2, Steps, 1), Epoch(2, last)];

        var texts = Texts(Draw(rows));

        Assert.All(numbers, number => Assert.Contains(number, texts));
        Assert.Equal(first / last < 10, texts.Count(text => text == "0") == 3);
    }

    private static LossRow Step(int epoch, int step, double discriminator) =>
        LossRow.OfStep("run", 0, epoch, step, new StepLosses(discriminator, 2, 0.75, 0.25), 300, Time);

    private static LossRow Epoch(int epoch, double distance)
    {
        var row = LossRow.OfEpoch("run", 0, epoch, new StepLosses(1.5, 2, 0.75, 0.25), 300, Time);
        row.FrechetDistance = distance;
        return row;
    }

    private static List<LossRow> Run(int epochs) =>
        [
            .. Enumerable.Range(1, epochs).SelectMany(epoch =>
                (IEnumerable<LossRow>)[.. Enumerable.Range(1, 9).Select(step => Step(epoch, step * 10, 1.5)), Epoch(epoch, 90 / epoch)]),
        ];

    private static string Draw(IReadOnlyList<LossRow> rows, ChartTheme theme = ChartTheme.Light) => LossChart.Svg("run", rows, Steps, 1, theme, 960, 640);

    private static List<string> Texts(string svg) =>
        [.. XDocument.Parse(svg).Descendants().Where(element => element.Name.LocalName is "text" or "title").Select(element => element.Value)];

    private static int LinesOf(string svg, int curve)
    {
        var colour = ChartColours.Light.Curves[curve];
        return XDocument.Parse(svg).Descendants().Count(element => element.Name.LocalName == "polyline"
            && element.Attribute("style")!.Value.Contains(
                $"stroke:rgb({colour.R},{colour.G},{colour.B});stroke-width:2;stroke-linejoin:round", StringComparison.Ordinal));
    }

    private static (byte Red, byte Green, byte Blue)[] Pixels(string svg)
    {
        using var picture = Image.NewFromBuffer(Renderer.Png(svg));
        return [.. picture.WriteToMemory<byte>().Chunk(3).Select(pixel => (pixel[0], pixel[1], pixel[2]))];
    }
}
