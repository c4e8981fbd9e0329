namespace GanFunctions.Core.Quality;

/// <summary>Rounds measures before they are stored. Further digits only reflect the order in which a processor adds numbers.</summary>
internal static class Rounding
{
    private const int Significant = 5;

    /// <summary>Rounds to five significant digits.</summary>
    public static double Round(double value)
    {
        if (value == 0 || !double.IsFinite(value)) return value;
        var places = Significant - 1 - (int)Math.Floor(Math.Log10(Math.Abs(value)));
        if (places >= 0) return Math.Round(value, Math.Min(places, 15));
        var unit = Math.Pow(10, -places);
        return Math.Round(value / unit) * unit;
    }
}
