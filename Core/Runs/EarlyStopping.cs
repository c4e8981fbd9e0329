using GanFunctions.Core.Checkpoints;

namespace GanFunctions.Core.Runs;

/// <summary>Completes a run early if its pictures no longer improve.</summary>
public static class EarlyStopping
{
    /// <summary>
    /// Why a run should complete early; null if it should not. Depends on the manifest and the row alone, so a worker that resumes the run
    /// makes the same decision.
    /// </summary>
    public static string? ReasonToStop(RunRow row, Manifest? last)
    {
        if (row.Options.Patience is not { } patience || last?.Best is not { } best) return null;
        var every = row.Options.QualityEvery;
        var withoutImprovement = last.CompletedEpochs / every - Math.Max(best.Epoch, row.PatienceStartsAfter) / every;
        if (withoutImprovement < patience) return null;
        var subject = withoutImprovement == 1 ? "The last measured epoch was" : $"The last {withoutImprovement} measured epochs were";
        return FormattableString.Invariant(
            $"{subject} no better than epoch {best.Epoch}, whose Fréchet distance is {best.FrechetDistance}: patience is {patience}.");
    }
}
