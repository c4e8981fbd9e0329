using System.Globalization;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>
/// Kills of an app at a random call of the storage, before or after that has taken effect, while a user trains, pauses, extends, deletes, uploads and
/// sweeps; alone, or with another process on the same storage. Two kills in a soak test; GANFUNCTIONS_KILLS of an app alone, and as many beside another
/// process.
/// </summary>
public sealed class Kills(ITestOutputHelper output)
{
    private static readonly string? Wanted = Environment.GetEnvironmentVariable("GANFUNCTIONS_KILLS");
    private static readonly int Count = Wanted is null ? 2 : int.Parse(Wanted, CultureInfo.InvariantCulture);

    /// <summary>Numbers of processes.</summary>
    public static TheoryData<int> Processes { get; } = Wanted is null ? [1] : [1, 2];

    [Theory]
    [MemberData(nameof(Processes))]
    public async Task Change_nothing_in_the_end(int processes)
    {
        if (Wanted is null) Soak.Only("a minute");
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var storage = await FaultyStorage.StartAsync(azurite);
        await using var other = processes == 1 ? null : App.Start(azurite.ConnectionString, App.ImpatientHub);
        var victim = App.Start(storage.ConnectionString, App.ImpatientHub);
        try
        {
            if (other is not null) await other.WaitUntilListeningAsync();
            var http = await victim.WaitUntilListeningAsync();
            await http.UploadNoiseAsync();
            var scenarios = PersistentUser.Scenarios.ToList();
            Dictionary<string, (string Outcome, int Calls)> expected = [];
            var kills = 0;
            for (var number = random.Next(scenarios.Count); kills < Count; number++)
            {
                var (scenario, play) = scenarios[number % scenarios.Count];
                if (!expected.TryGetValue(scenario, out var faultless))
                {
                    var (free, outcome) = ($"fault-free{expected.Count}", "");
                    var recorded = await storage.RecordAsync(free, async () => outcome = await play(new PersistentUser(() => http, azurite), free));
                    expected[scenario] = faultless = (outcome, recorded.Count);
                }
                var name = $"fault-{number}";
                var calls = random.Next(faultless.Calls) / processes; // the other process makes some of them
                var caught = storage.CatchAsync(call => call.Subject == name && Interlocked.Decrement(ref calls) < 0, afterEffect: random.Next(2) == 1);
                var played = play(new PersistentUser(() => other?.Client ?? http, azurite), name);
                if (await Task.WhenAny(caught, played) == caught)
                {
                    await victim.KillAsync();
                    output.WriteLine($"{scenario}, {processes} processes: killed at {await caught}");
                    await victim.DisposeAsync();
                    victim = App.Start(storage.ConnectionString, App.ImpatientHub);
                    http = await victim.WaitUntilListeningAsync();
                    kills++;
                }
                Assert.Equal(faultless.Outcome, await played);
            }
        }
        catch
        {
            output.WriteLine(victim.Output);
            throw;
        }
        finally
        {
            await victim.DisposeAsync();
        }
    }
}
