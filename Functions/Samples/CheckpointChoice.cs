using System.Globalization;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>Which generator is to draw, and what.</summary>
/// <param name="Epoch">Of which epoch; null is the latest checkpoint, or the best epoch.</param>
/// <param name="Best">Of the epoch with the lowest Fréchet distance.</param>
/// <param name="Label">What its pictures are to show, where the run is conditional; null shows each label in turn.</param>
/// <param name="Raw">With the weights of the last step, not with their moving average.</param>
public sealed record CheckpointChoice(int? Epoch, bool Best, byte? Label, bool Raw)
{
    private const string Latest = "latest";
    private const string BestWord = "best";

    /// <summary>Whether the choice stays what it is while the training goes on.</summary>
    public bool IsFixed => Epoch is not null;

    /// <summary>Reads the parameters <c>epoch</c>, <c>label</c> and <c>weights</c>.</summary>
    public static CheckpointChoice Read(QueryReader query)
    {
        var word = query.Text("epoch");
        var epoch = word is null or Latest or BestWord ? 0 : query.WholeNumber("epoch", 1, 99_999, otherwise: 0, Latest, BestWord);
        var label = query.WholeNumber("label", 0, byte.MaxValue, otherwise: -1);
        var raw = query.Choice("weights", "ema", "raw") == "raw";
        return new(epoch == 0 ? null : (int)epoch, word == BestWord, label < 0 ? null : (byte)label, raw);
    }

    /// <summary>What of it changes the pictures of one generator's file.</summary>
    public string Tag => string.Create(CultureInfo.InvariantCulture, $"{(Raw ? "raw" : "ema")}/{Label}");
}
