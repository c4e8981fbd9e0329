using System.Globalization;

namespace GanFunctions.Core.Quality;

/// <summary>Says when a generator draws too little of what there is: mode collapse. A warning, no failure: many a generator gets over it.</summary>
public static class ModeCollapse
{
    private const int FirstEpochs = 2;        // draw little yet: on MNIST, after one of either preset, 96% and more look like eights
    private const double Trusted = 0.9;       // accuracy from which a classifier's word on classes is taken
    private const double Hardly = 0.2;        // of a class's share among real pictures
    private const double FewestExpected = 10; // pictures of a class, below which its absence may be chance
    private const double LittleVariety = 0.5; // of that of real pictures

    /// <summary>What is wrong with the pictures of an epoch, in sentences; none where all is well.</summary>
    public static IReadOnlyList<string> WarningsOf(int epoch, PictureQuality quality)
    {
        if (epoch <= FirstEpochs) return [];
        if (quality.Classes is not { Accuracy: >= Trusted } classes)
        {
            return quality.Variety >= LittleVariety
                ? []
                : [Invariant($"Mode collapse: after epoch {epoch}, the pictures differ from each other {quality.Variety:P0} as much as real ones do.")];
        }
        var missing = classes.Shares.Where(share => share.Real * quality.Samples >= FewestExpected && share.Generated < Hardly * share.Real).ToList();
        if (missing.Count == 0) return [];
        var list = string.Join(", ", missing.Select(share => Invariant($"{share.Label}: {share.Generated:P1} instead of {share.Real:P1}")));
        return [Invariant($"Mode collapse: after epoch {epoch}, {missing.Count} of {classes.Shares.Count} classes are hardly drawn ({list}).")];
    }

    // Without the blank that the invariant culture puts before a per cent sign.
    private static string Invariant(FormattableString text) => text.ToString(new CultureInfo("")
    {
        NumberFormat = { PercentPositivePattern = 1 },
    });
}
