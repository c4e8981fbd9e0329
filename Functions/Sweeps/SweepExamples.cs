using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Storage;
using GanFunctions.Core.Sweeps;
using GanFunctions.Functions.Runs;

namespace GanFunctions.Functions.Sweeps;

/// <summary>A sweep for the examples of the OpenAPI document.</summary>
internal static class SweepExamples
{
    /// <summary>Its id.</summary>
    public const string Id = "rates";

    /// <summary>The body that starts it.</summary>
    public static JsonObject Body => new()
    {
        ["sweep"] = Id,
        ["space"] = new JsonObject { ["learningRate"] = new JsonObject { ["min"] = 0.0001, ["max"] = 0.01, ["log"] = true } },
        ["options"] = new JsonObject { ["dataset"] = "digits", ["epochs"] = 9, ["imagesPerEpoch"] = 12_800 },
        ["trials"] = 9,
        ["halving"] = new JsonObject { ["epochs"] = 1 },
    };

    /// <summary>The sweep after its start.</summary>
    public static SweepView Queued => SweepView.Of(Row(SweepState.Queued), [], []);

    /// <summary>The sweep while its second trial is trained.</summary>
    public static SweepView Running => SweepView.Of(
        Row(SweepState.Running),
        [new() { Trial = 1, Outcome = TrialOutcome.Measured, Results = [new(0, 1, 21.4)] }, new() { Trial = 2 }],
        [
            new() { RowKey = $"{Id}-1", Sweep = Id, Phase = Phase.Completed },
            new() { RowKey = $"{Id}-2", Sweep = Id, Phase = Phase.Training },
        ]);

    /// <summary>A dry run of it.</summary>
    public static SweepDraft Draft => SweepDraft.Of(
        Id, new(Definition with { Trials = 1 }, [RunExamples.Options], Data: null, Unavailable: null), RunExamples.Estimate);

    private static SweepDefinition Definition { get; } = SweepReader.Read(Body, new Faults()).Definition;

    private static SweepRow Row(SweepState state) => new()
    {
        RowKey = Id,
        State = state,
        CreatedAt = RunExamples.At(0),
        DefinitionJson = JsonSerializer.Serialize(Definition, Json.Options),
    };
}
