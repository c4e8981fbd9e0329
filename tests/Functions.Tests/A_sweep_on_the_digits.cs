using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests;

/// <summary>It runs alone, after all other tests: it is busy for more than a minute, most of it with the quality reference of the digits.</summary>
[Collection(nameof(A_sweep_on_the_digits))]
[CollectionDefinition(nameof(A_sweep_on_the_digits), DisableParallelization = true)]
public sealed class A_sweep_on_the_digits(App app) : IClassFixture<App>
{
    [Fact]
    public async Task Trains_every_trial_for_an_epoch_and_the_best_third_to_the_end()
    {
        Soak.Only("two minutes");
        var body = SweepCalls.Body("digits-asha", trials: 12, parallel: 2, epochs: 3, halving: new() { ["epochs"] = 1 });
        body["options"]!["dataset"] = "digits";
        await app.Http.StartSweepAsync(body);

        SweepCalls.AssertBestThirdIsTrained(await app.Http.SweepUntilAsync("digits-asha", "completed"));
    }
}
