using System.Globalization;
using GanFunctions.Functions.Checkpoints;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>Which generator is to draw, and what.</summary>
/// <param name="Checkpoint">From which checkpoint.</param>
/// <param name="Label">What its pictures are to show, where the run is conditional; null shows each label in turn.</param>
/// <param name="Raw">With the weights of the last step, not with their moving average.</param>
public sealed record GeneratorChoice(CheckpointChoice Checkpoint, byte? Label, bool Raw)
{
    /// <summary>Reads the parameters <c>epoch</c>, <c>label</c> and <c>weights</c>.</summary>
    public static GeneratorChoice Read(QueryReader query)
    {
        var checkpoint = CheckpointChoice.Read(query.Text("epoch"), query);
        var label = query.WholeNumber("label", 0, byte.MaxValue, otherwise: -1);
        return new(checkpoint, label < 0 ? null : (byte)label, query.Choice("weights", "ema", "raw") == "raw");
    }

    /// <summary>What of it changes the pictures of one generator's file.</summary>
    public string Tag => string.Create(CultureInfo.InvariantCulture, $"{(Raw ? "raw" : "ema")}/{Label}");
}
