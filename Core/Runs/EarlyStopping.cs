using GanFunctions.Core.Checkpoints;


namespace GanFunctions.Core.Runs;

/// <summary>Ends a run whose pictures get no better.</summary>
public static class EarlyStopping
{
    /// <summary>
    /// Why a run is to complete early; null while it is not. Follows from the manifest and the row alone: a worker that takes the run up comes
    /// to the same decision.
    /// </summary>
    public static string? ReasonToStop(RunRow row, Manifest? last)
    {
        if (row.Options.Patience is not { } patience || last?.Best is not { } best) return null;
        var without = last.CompletedEpochs - Math.Max(best.Epoch, row.PatienceStartsAfter);
        if (without < patience) return null;
        var those = without == 1 ? "The last epoch was" : $"The last {without} epochs were";
        return FormattableString.Invariant(
            $"{those} no better than epoch {best.Epoch}, whose Fréchet distance is {best.FrechetDistance}: patience is {patience}.");
    }
}
