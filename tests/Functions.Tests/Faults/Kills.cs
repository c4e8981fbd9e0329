using System.Globalization;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>
/// Kills of an app at a random call of the storage, before or after that has taken effect, while a user trains, pauses, extends, deletes, uploads and
/// sweeps; alone, or with another process on the same storage, whose clock may differ by almost as much as Azure Storage permits. Five kills each in a soak
/// test; with GANFUNCTIONS_KILLS as many of each.
/// </summary>
public sealed class Kills(ITestOutputHelper output)
{
    private static readonly string? Wanted = Environment.GetEnvironmentVariable("GANFUNCTIONS_KILLS");
    private static readonly int Count = Wanted is null ? 5 : int.Parse(Wanted, CultureInfo.InvariantCulture);

    /// <summary>Numbers of processes, and by how many minutes the clock of the one that is killed is ahead.</summary>
    public static TheoryData<int, int> Processes { get; } = Wanted is null ? new() { { 1, 0 }, { 2, 14 } } : new() { { 1, 0 }, { 2, 0 }, { 2, 14 } };

    [Theory]
    [MemberData(nameof(Processes))]
    public async Task Change_nothing_in_the_end(int processes, int minutesAhead)
    {
        if (Wanted is null) Soak.Only("two minutes");
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var storage = await FaultyStorage.StartAsync(azurite);
        await using var other = processes == 1 ? null : App.Start(azurite.ConnectionString, App.ImpatientHub);
        var victim = await StartAsync(storage, minutesAhead);
        try
        {
            if (other is not null) await other.WaitUntilListeningAsync();
            var http = victim.Client;
            using (var answer = await http.GetAsync("api/datasets", TestContext.Current.CancellationToken))
                Assert.Equal(minutesAhead, (answer.Headers.Date!.Value - TimeProvider.System.GetUtcNow()).TotalMinutes, tolerance: 5);
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
                    expected[scenario] = faultless = (outcome, recorded.Count(call => call.Subject == free));
                }
                var name = $"fault-{number}";
                var calls = random.Next(faultless.Calls) / processes; // the other process makes some of them
                var caught = storage.CatchAsync(call => call.Subject == name && Interlocked.Decrement(ref calls) < 0, afterEffect: random.Next(2) == 1);
                var played = play(new PersistentUser(() => other?.Client ?? http, azurite), name);
                if (await Task.WhenAny(caught, played) == caught)
                {
                    await victim.KillAsync();
                    output.WriteLine($"{scenario}, {processes} processes, {minutesAhead} minutes: killed at {await caught}");
                    await victim.DisposeAsync();
                    victim = await StartAsync(storage, minutesAhead);
                    http = victim.Client;
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

    private static async Task<AppProcess> StartAsync(FaultyStorage storage, int minutesAhead)
    {
        for (var attempt = 1; ; attempt++)
        {
            var app = App.Start(storage.ConnectionString, ClockAhead(minutesAhead), App.ImpatientHub);
            try
            {
                await app.WaitUntilListeningAsync();
                return app;
            }
            catch (InvalidOperationException) when (minutesAhead > 0 && attempt < 3 && app.Output.Length == 0)
            {
                await app.DisposeAsync(); // on a busy machine, libfaketime sometimes crashes a process before its first line
            }
        }
    }

    /// <summary>Variables that make a process see another time.</summary>
    private static Dictionary<string, string?> ClockAhead(int minutes)
    {
        if (minutes == 0) return [];
        var library = Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu")
            .Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
            ?? throw Missing.Here("No libfaketime: apt-get install faketime");
        return new()
        {
            ["LD_PRELOAD"] = library,
            ["FAKETIME"] = $"+{minutes}m",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0", // with it, the timer threads of .NET take all processors, because each wait ends at once
        };
    }
}
