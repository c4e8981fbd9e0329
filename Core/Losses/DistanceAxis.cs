using OxyPlot.Axes;

namespace GanFunctions.Core.Losses;

/// <summary>A logarithmic axis with numbers at 1, 2 and 5 of every power of ten, or at the powers alone where there are many.</summary>
internal sealed class DistanceAxis : LogarithmicAxis
{
    private const double ManyDecades = 3.5;

    /// <inheritdoc/>
    public override void GetTickValues(out IList<double> majorLabelValues, out IList<double> majorTickValues, out IList<double> minorTickValues)
    {
        var (lowest, highest) = (Math.Log10(ActualMinimum), Math.Log10(ActualMaximum));
        double[] leading = highest - lowest > ManyDecades ? [1] : [1, 2, 5];
        var first = (int)Math.Floor(lowest);
        var values = Enumerable.Range(first, (int)Math.Ceiling(highest) - first + 1)
            .SelectMany(power => leading.Select(digit => digit * Math.Pow(10, power)))
            .Where(value => value >= ActualMinimum && value <= ActualMaximum)
            .ToList();
        (majorLabelValues, majorTickValues, minorTickValues) = (values, values, []);
    }

    /// <inheritdoc/>
    protected override string FormatValueOverride(double x) => ChartParts.Number(x);
}
