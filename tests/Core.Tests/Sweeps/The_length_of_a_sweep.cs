using System.Text.Json.Nodes;
using GanFunctions.Core.Sweeps;

namespace GanFunctions.Core.Tests.Sweeps;

public sealed class The_length_of_a_sweep
{
    [Fact]
    public void Is_that_of_every_trial_without_halving() => Assert.Equal(9, Read(halving: "null").MeanEpochs(9));

    [Fact]
    public void Is_that_of_the_trials_that_each_rung_promotes_with_halving()
    {
        var sweep = Read("""{"epochs": 1, "factor": 3}""");

        Assert.Equal((9 * 1 + 3 * 2 + 1 * 6) / 9.0, sweep.MeanEpochs(9), 1e-9);
    }

    private static SweepDefinition Read(string halving)
    {
        var faults = new Faults();
        var body = $$"""{"space": {"seed": [1, 2]}, "options": {"epochs": 9}, "trials": 9, "halving": {{halving}}}""";
        var (definition, _) = SweepReader.Read(JsonNode.Parse(body)!.AsObject(), faults);
        Assert.Empty(faults.ToDictionary());
        return definition;
    }
}
