using System.Globalization;
using System.Text;
using Spectre.Console;

namespace GanFunctions.Cli.Display;

/// <summary>A curve of a chart.</summary>
/// <param name="Name">Its name, for the legend.</param>
/// <param name="Colour">Its colour.</param>
/// <param name="Points">Its points from left to right; a null is a gap.</param>
internal sealed record Curve(string Name, string Colour, IReadOnlyList<(double X, double? Y)> Points);

/// <summary>
/// A chart made of Braille characters, each of which has two by four dots (https://www.unicode.org/charts/PDF/U2800.pdf).
/// </summary>
internal static class LineChart
{
    private const int AxisWidth = 9;
    private const int DotsAcross = 2, DotsDown = 4; // of a character
    private const int Blank = 0x2800;
    private static readonly int[,] Dots = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } };

    /// <summary>Draws curves that share both scales.</summary>
    /// <param name="curves">The curves.</param>
    /// <param name="width">Width in characters, axis included.</param>
    /// <param name="height">Height in characters, without the legend.</param>
    /// <returns>Lines of markup; none if there is nothing to draw.</returns>
    public static IReadOnlyList<string> Draw(IReadOnlyList<Curve> curves, int width, int height)
    {
        var known = curves.SelectMany(curve => curve.Points).Select(point => point.Y).OfType<double>().ToList();
        if (known.Count == 0 || width <= AxisWidth) return [];
        var (low, high) = (known.Min(), known.Max());
        if (high - low < 1e-6) (low, high) = (low - 0.5, high + 0.5); // a flat curve is drawn in the middle
        var (first, last) = (curves.SelectMany(curve => curve.Points).Min(point => point.X), curves.SelectMany(curve => curve.Points).Max(point => point.X));
        var across = width - AxisWidth;
        var cells = new (int Dots, string Colour)[height, across];
        foreach (var curve in curves) Add(curve);
        return [.. Enumerable.Range(0, height).Select(Line), Legend(curves)];

        void Add(Curve curve)
        {
            int? before = null;
            foreach (var (x, value) in Columns(curve.Points, first, last, across * DotsAcross))
            {
                if (value is null)
                {
                    before = null;
                    continue;
                }
                var y = (int)Math.Round((high - value.Value) / (high - low) * (height * DotsDown - 1));
                // Joins a dot to the one before, so that steep parts have no gaps.
                for (var each = Math.Min(y, before ?? y); each <= Math.Max(y, before ?? y); each++)
                {
                    ref var cell = ref cells[each / DotsDown, x / DotsAcross];
                    cell = (cell.Dots | Dots[x % DotsAcross, each % DotsDown], curve.Colour);
                }
                before = y;
            }
        }

        string Line(int row)
        {
            var label = row == 0 ? Label(high) : row == height - 1 ? Label(low) : "";
            var text = new StringBuilder($"[grey]{label.PadLeft(AxisWidth - 2)} │[/]");
            for (var column = 0; column < across; column++)
            {
                var (dots, colour) = cells[row, column];
                text.Append(dots == 0 ? " " : $"[{colour}]{(char)(Blank | dots)}[/]");
            }
            return text.ToString();
        }
    }

    // The mean of the points in a column; a column without points continues the one before.
    private static IEnumerable<(int Column, double? Value)> Columns(IReadOnlyList<(double X, double? Y)> points, double first, double last, int columns)
    {
        var scale = (columns - 1) / Math.Max(last - first, 1e-9);
        var (next, value) = (0, (double?)null);
        for (var column = 0; column < columns; column++)
        {
            var (sum, count, isGap) = (0.0, 0, false);
            for (; next < points.Count && (int)((points[next].X - first) * scale) <= column; next++)
            {
                if (points[next].Y is { } y) (sum, count) = (sum + y, count + 1);
                else isGap = true;
            }
            if (count > 0) value = sum / count;
            else if (isGap) value = null;
            yield return (column, value);
        }
    }

    private static string Legend(IReadOnlyList<Curve> curves) => new string(' ', AxisWidth) + string.Join(
        "   ", curves.Select(curve => $"[{curve.Colour}]━[/] {Markup.Escape(curve.Name)}"));

    private static string Label(double value) => value.ToString(Math.Abs(value) < 100 ? "0.000" : "0", CultureInfo.InvariantCulture);
}
