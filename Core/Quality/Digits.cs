namespace GanFunctions.Core.Quality;

/// <summary>What of a measure is stored: more digits would only tell in which order a processor added them up.</summary>
internal static class Digits
{
    private const int Significant = 5;

    /// <summary>The number to five significant digits.</summary>
    public static double Rounded(double value)
    {
        if (value == 0 || !double.IsFinite(value)) return value;
        var places = Significant - 1 - (int)Math.Floor(Math.Log10(Math.Abs(value)));
        if (places >= 0) return Math.Round(value, Math.Min(places, 15));
        var unit = Math.Pow(10, -places);
        return Math.Round(value / unit) * unit;
    }
}
