using System.Text.Json.Nodes;
using GanFunctions.Core.Data;
using GanFunctions.Core.Sweeps;

namespace GanFunctions.Core.Tests.Sweeps;

public sealed class A_search_space
{
    [Fact]
    public void Gives_a_trial_the_same_values_every_time_and_each_trial_others()
    {
        const string Body = """{"space": {"learningRate": {"min": 0.0001, "max": 0.01, "log": true}, "batchSize": {"min": 16, "max": 64}}, "trials": 50}""";
        var sweep = Valid(Body);

        var points = Points(sweep);

        Assert.Equal(points, Points(Valid(Body)));
        Assert.Equal(50, points.Distinct().Count());
        Assert.NotEqual(points, Points(sweep with { Seed = 2 }));
    }

    [Fact]
    public void Does_not_change_the_values_of_an_option_when_another_is_added()
    {
        var (one, two) = (Valid("""{"space": {"beta1": {"min": 0, "max": 0.9}}}"""),
            Valid("""{"space": {"conditional": [true, false], "beta1": {"min": 0, "max": 0.9}}}"""));

        Assert.Equal(
            Enumerable.Range(1, 20).Select(trial => (double)one.PointOf(trial)["beta1"]!),
            Enumerable.Range(1, 20).Select(trial => (double)two.PointOf(trial)["beta1"]!));
    }

    [Fact]
    public void Keeps_numbers_in_their_range_and_whole_numbers_whole()
    {
        var sweep = Valid("""
            {"trials": 256, "space": {
                "learningRate": {"min": 0.0001, "max": 0.01, "log": true}, "beta1": {"min": 0, "max": 0.9}, "batchSize": {"min": 16, "max": 19},
                "imagesPerEpoch": {"min": 100, "max": 10000, "log": true}, "gradientPenaltyEvery": {"min": 2, "max": 10, "step": 4}}}
            """);
        var points = Enumerable.Range(1, sweep.Trials).Select(sweep.PointOf).ToList();

        Assert.All(points, point => Assert.InRange((double)point["learningRate"]!, 0.0001, 0.01));
        Assert.All(points, point => Assert.InRange((double)point["beta1"]!, 0, 0.9));
        Assert.All(points, point => Assert.InRange((long)point["imagesPerEpoch"]!, 100, 10_000));
        Assert.Equal([16, 17, 18, 19], points.Select(point => (long)point["batchSize"]!).Distinct().Order());
        Assert.Equal([2, 6, 10], points.Select(point => (long)point["gradientPenaltyEvery"]!).Distinct().Order());
        // The logarithm is uniform: about half of the values are in each decade.
        Assert.InRange(points.Count(point => (double)point["learningRate"]! < 0.001), 100, 156);
        Assert.InRange(points.Count(point => (long)point["imagesPerEpoch"]! < 1000), 100, 156);
    }

    [Fact]
    public void Has_every_combination_of_a_grid_once()
    {
        var sweep = Valid("""
            {"search": "grid", "space": {
                "learningRate": {"min": 0.0001, "max": 0.01, "log": true, "step": 10}, "beta1": {"min": 0.1, "max": 0.3, "step": 0.1},
                "loss": ["nonSaturating", "relativistic"]}}
            """);

        Assert.Equal(18, sweep.Trials);
        var points = Points(sweep);
        Assert.Equal(18, points.Distinct().Count());
        Assert.Equal("""{"learningRate":0.0001,"beta1":0.1,"loss":"nonSaturating"}""", points[0]);
        Assert.Equal("""{"learningRate":0.0001,"beta1":0.1,"loss":"relativistic"}""", points[1]);
        Assert.Equal("""{"learningRate":0.01,"beta1":0.3,"loss":"relativistic"}""", points[17]);
    }

    [Fact]
    public void Adds_its_values_to_the_options_that_all_trials_share()
    {
        var sweep = Valid("""{"search": "grid", "space": {"batchSize": [16, 32]}, "options": {"epochs": 3, "beta1": 0.2}}""");

        Assert.Equal("""{"epochs":3,"beta1":0.2,"batchSize":32}""", sweep.OptionsOf(2).ToJsonString());
    }

    [Theory]
    [InlineData("{}", "space has no options; it must have at least one, such as")]
    [InlineData("""{"space": {"rate": [1]}}""", "space.rate is not an option; the options are")]
    [InlineData("""{"space": {"learning": [1]}}""", "space.learning is not an option; did you mean learningRate?")]
    [InlineData("""{"space": {"beta1": []}}""", "space.beta1: [] is not valid; it must have at least one value.")]
    [InlineData("""{"space": {"beta1": 0.5}}""", "space.beta1: 0.5 is not valid; it must be a list of values such as")]
    [InlineData("""{"space": {"beta1": [0.5, 2]}}""", "space.beta1: 2 is not valid; it must be a number from 0 to 0.999.")]
    [InlineData("""{"space": {"beta1": [0.5, null]}}""", "space.beta1: null is not valid; it must be a number from 0 to 0.999.")]
    [InlineData("""{"space": {"beta1": [0.5, 0.5]}}""", "space.beta1: 0.5 is in the list more than once.")]
    [InlineData("""{"space": {"beta1": {"min": 0.9, "max": 0.1}}}""", "space.beta1: min 0.9 is greater than max 0.1.")]
    [InlineData("""{"space": {"beta1": {"min": 0.1, "max": 1.5}}}""", "space.beta1: 1.5 is not valid; it must be a number from 0 to 0.999.")]
    [InlineData("""{"space": {"beta1": {"min": 0, "max": 0.1, "log": true}}}""", "space.beta1: min 0 is not valid with \"log\": true; it must be greater than 0.")]
    [InlineData("""{"space": {"beta1": {"min": 0.1}}}""", "space.beta1: max is missing; a range such as {\"min\":0.1} needs min and max.")]
    [InlineData("""{"space": {"beta1": {"min": 0, "max": 0.1, "steps": 2}}}""", "space.beta1: steps is not a field of a range; valid are min, max, log, step.")]
    [InlineData("""{"space": {"batchSize": {"min": 16.5, "max": 32}}}""", "space.batchSize: 16.5 is not valid; it must be a whole number from 2 to 1024.")]
    [InlineData("""{"space": {"batchSize": {"min": 16, "max": 32, "step": 0.5}}}""", "space.batchSize: step 0.5 is not valid; it must be a whole number")]
    [InlineData("""{"space": {"loss": {"min": 1, "max": 2}}}""", "space.loss: {\"min\":1,\"max\":2} is not valid; only options that are numbers can have a range.")]
    [InlineData("""{"search": "grid", "space": {"beta1": {"min": 0, "max": 0.9}}}""", "space.beta1: {\"min\":0,\"max\":0.9} is not valid in a grid; the range needs a step")]
    [InlineData("""{"search": "grid", "trials": 3, "space": {"beta1": [0, 0.5], "flip": [true, false]}}""", "space: the grid has 4 combinations, and trials allows 3")]
    [InlineData("""{"space": {"dataset": ["digits"]}}""", "space.dataset is not valid; trials with different values cannot be compared.")]
    [InlineData("""{"space": {"qualitySamples": [100, 200]}}""", "space.qualitySamples is not valid; trials with different values cannot be compared.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "options": {"beta1": 0.4}}""", "options.beta1: 0.4 and space.beta1: [0.5] are both given; give one of them.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "options": {"epochs": 0}}""", "options.epochs: 0 is not valid; it must be a whole number from 1 to 99999.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "options": {"qualitySamples": 0}}""", "options.qualitySamples: 0 is not valid; trials are compared by frechetDistance")]
    [InlineData("""{"space": {"batchSize": [64]}, "options": {"imagesPerEpoch": 32}}""", "options.imagesPerEpoch: 32 is not valid; it must be at least batchSize, which is 64.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "metric": "loss"}""", "metric: \"loss\" is not valid; it must be one of frechetDistance, kernelDistance,")]
    [InlineData("""{"space": {"beta1": [0.5]}, "search": "bayes"}""", "search: \"bayes\" is not valid; it must be one of random, grid.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "trials": 257}""", "trials: 257 is not valid; it must be a whole number from 1 to 256.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "parallel": 0}""", "parallel: 0 is not valid; it must be a whole number from 1 to 32.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "seed": -1}""", "seed: -1 is not valid; it must be a whole number from 0 to 9007199254740991.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "speed": 1}""", "speed is not a field of a sweep; valid are sweep, search, space,")]
    [InlineData("""{"space": {"beta1": [0.5]}, "halving": {}}""", "halving.epochs: nothing is not valid; it must be a whole number from 1 to 99.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "halving": {"epochs": 50}}""", "halving.epochs: 50 is not valid; times factor, which is 3, it must be at most")]
    [InlineData("""{"space": {"beta1": [0.5]}, "trials": 5, "halving": {"epochs": 5}}""", "halving: {\"epochs\":5} is not valid with 5 trials; one in 9 reaches 100 epochs.")]
    [InlineData("""{"space": {"epochs": [5]}, "halving": {"epochs": 1}}""", "space.epochs is not valid with halving, which decides how long a trial is trained.")]
    [InlineData("""{"space": {"beta1": [0.5]}, "options": {"images": 5}, "halving": {"epochs": 1}}""", "options.images is not valid with halving")]
    [InlineData("""{"space": [1], "options": 2}""", "options: 2 is not valid; it must be an object.")]
    public void Names_what_is_wrong(string body, string problem)
    {
        var (_, problems) = Read(body);

        Assert.Contains(problems, each => each.StartsWith(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_everything_that_is_wrong_at_once()
    {
        var (_, problems) = Read("""
            {"search": "grid", "metric": "fun", "parallel": 99, "space": {"rate": [1], "beta1": [], "beta2": {"min": 0.9, "max": 0.1}, "batchSize": [64, 1]},
             "options": {"epochs": 0, "qualitySamples": 50}}
            """);

        string[] fields = ["metric", "parallel", "space.rate", "space.beta1", "space.beta2", "space.batchSize", "options.epochs", "options.qualitySamples"];
        Assert.All(fields, field => Assert.Contains(problems, problem => problem.StartsWith(field, StringComparison.Ordinal)));
    }

    [Fact]
    public void Names_what_does_not_work_with_the_data_set()
    {
        var data = new DatasetInfo("tiny", "stored", true, 80, 10, 0, 28, 28, 1, null, "");

        var (_, problems) = Read("""{"space": {"batchSize": [64, 100]}, "metric": "confidence"}""", data);

        Assert.Contains("space.batchSize: 100 is not valid; it must be a whole number from 2 to 80, the number of training pictures of the data set tiny.", problems);
        Assert.Contains(problems, problem => problem.StartsWith("metric: \"confidence\" is not valid; it needs at least two labels", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.StartsWith("options.qualitySamples: 0 is what the data set tiny allows", StringComparison.Ordinal));
    }

    private static SweepDefinition Valid(string body)
    {
        var (definition, problems) = Read(body);
        Assert.Empty(problems);
        return definition;
    }

    private static (SweepDefinition Definition, List<string> Problems) Read(string body, DatasetInfo? data = null)
    {
        var faults = new Faults();
        var (definition, space) = SweepReader.Read(JsonNode.Parse(body)!.AsObject(), faults);
        TrialOptions.Read(definition, space, data, faults);
        return (definition, [.. faults.ToDictionary().SelectMany(field => field.Value)]);
    }

    private static List<string> Points(SweepDefinition sweep) => [.. Enumerable.Range(1, sweep.Trials).Select(trial => sweep.PointOf(trial).ToJsonString())];
}
