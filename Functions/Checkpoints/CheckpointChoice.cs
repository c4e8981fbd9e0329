using System.Globalization;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Checkpoints;

/// <summary>The checkpoint that a path names.</summary>
/// <param name="Epoch">Of which epoch; null is the latest, or the best.</param>
/// <param name="Best">Of the epoch with the lowest Fréchet distance.</param>
public readonly record struct CheckpointChoice(int? Epoch, bool Best)
{
    /// <summary>Whether it may come to mean another checkpoint.</summary>
    public bool Moves => Epoch is null;

    /// <summary>Reads the number of an epoch, <c>latest</c> or <c>best</c>; what is wrong goes to <paramref name="problems"/>.</summary>
    public static CheckpointChoice Read(string text, QueryReader problems)
    {
        if (text is "latest" or "best") return new(null, text == "best");
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch is >= 1 and <= 99_999) return new(epoch, false);
        problems.Refuse("epoch", $"epoch: '{text}' is not valid; it must be a whole number from 1 to 99999 or latest or best.");
        return default;
    }
}
