using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GanFunctions.TestKit;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>
/// Every call that a run, its control and an upload make, with every fault, once and until the client gives up. By default a sample is tested.
/// GANFUNCTIONS_FAULTS=all tests all of them but <see cref="StorageFault.NoAnswer"/>, and the name of a fault tests that one. The output has a
/// table of calls and faults. GANFUNCTIONS_RANDOM_FAULTS is the number of scenarios to play with random faults.
/// </summary>
public sealed class Faults_of_the_storage(ITestOutputHelper output)
{
    private const int Attempts = 10; // of a call; all clients but that of the hub's queues give up earlier
    private static readonly string? Wanted = Environment.GetEnvironmentVariable("GANFUNCTIONS_FAULTS");
    private static readonly int AtATime = Wanted is null ? 4 : 12; // scenarios with faults that last mostly wait
    private static readonly string? WantedAtRandom = Environment.GetEnvironmentVariable("GANFUNCTIONS_RANDOM_FAULTS");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private sealed record Case(string Scenario, string Kind, StorageFault Fault, bool IsPersistent);

    [Fact]
    public async Task Change_nothing_in_the_end_whichever_call_they_hit()
    {
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var storage = await FaultyStorage.StartAsync(azurite);
        await using var app = App.Start(storage.ConnectionString);
        var http = await app.WaitUntilListeningAsync();

        Dictionary<string, string> expected = [];
        List<Case> cases = [];
        foreach (var (scenario, play) in PersistentUser.Scenarios.Where(each => each.Key != PersistentUser.Sweep))
        {
            var name = $"fault-free{expected.Count}";
            var recorded = await storage.RecordAsync(name, async () => expected[scenario] = await play(new PersistentUser(() => http, azurite), name));
            var calls = recorded.DistinctBy(call => call.Kind).ToList();
            output.WriteLine($"{scenario}: {calls.Count} kinds of calls\n{string.Join('\n', calls.Select(call => call.Kind))}");
            cases.AddRange(
                from call in calls
                from fault in Enum.GetValues<StorageFault>()
                where fault.CanHappenTo(call) && (Enum.TryParse<StorageFault>(Wanted, out var wanted) ? fault == wanted : fault != StorageFault.NoAnswer)
                from isPersistent in fault == StorageFault.NoAnswer ? [false] : new[] { false, true }
                select new Case(scenario, call.Kind, fault, isPersistent));
        }

        // The same sample each time, even if a kind of call is new or was not needed this time; faults that last take a minute each
        if (Wanted is null) cases = [.. cases.Where(each => !each.IsPersistent).OrderBy(Shuffled, StringComparer.Ordinal).Take(Soak.Count(3, 12))];

        ConcurrentDictionary<Case, string> results = [];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = Cancellation };
        await Parallel.ForEachAsync(cases.Index(), parallel, async (each, _) =>
        {
            var (number, what) = each;
            results[what] = await TryAsync(http, azurite, storage, what, $"fault-{number}", expected[what.Scenario]);
        });

        output.WriteLine(Table(results));
        var wrong = results.Where(each => each.Value.Length > 1).Select(each => $"{each.Key}: {each.Value}").ToList();
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    [Fact]
    public async Task Change_nothing_in_the_end_if_every_twentieth_attempt_fails_at_random()
    {
        if (WantedAtRandom is null) Soak.Only("half a minute");
        var plays = WantedAtRandom is null ? 8 : int.Parse(WantedAtRandom, CultureInfo.InvariantCulture);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        await using var azurite = await AzuriteFixture.StartAsync();
        await using var storage = await FaultyStorage.StartAsync(azurite);
        await using var app = App.Start(storage.ConnectionString);
        var http = await app.WaitUntilListeningAsync();
        var scenarios = PersistentUser.Scenarios.Where(each => each.Key != PersistentUser.Sweep).ToList();
        Dictionary<string, string> expected = [];
        foreach (var (scenario, play) in scenarios)
            expected[scenario] = await play(new PersistentUser(() => http, azurite), $"fault-free{expected.Count}");

        var faults = Enum.GetValues<StorageFault>().Where(fault => fault != StorageFault.NoAnswer).ToArray();
        ConcurrentBag<StorageFault> injected = [];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = Cancellation };
        await Parallel.ForAsync(0, plays, parallel, async (number, _) =>
        {
            var (scenario, play) = scenarios[number % scenarios.Count];
            var name = $"fault-{number}";
            var random = new Random(seed + number);
            ConcurrentQueue<(StorageFault Fault, StorageCall Call)> happened = [];
            using var injection = storage.Inject(call =>
            {
                if (call.Subject != name) return null;
                StorageFault? chosen;
                lock (random) chosen = random.Next(20) == 0 ? faults[random.Next(faults.Length)] : null;
                if (chosen is { } fault && fault.CanHappenTo(call)) happened.Enqueue((fault, call));
                return chosen;
            });
            try
            {
                Assert.Equal(expected[scenario], await play(new PersistentUser(() => http, azurite), name));
            }
            catch
            {
                output.WriteLine($"{scenario} {name}\n{string.Join('\n', happened.Select(each => $"{each.Fault} {each.Call}"))}\n{app.Output}");
                throw;
            }
            foreach (var (fault, _) in happened) injected.Add(fault);
        });

        output.WriteLine($"{injected.Count} faults: {string.Join(", ", injected.CountBy(fault => fault).Select(each => $"{each.Key} {each.Value}"))}");
        Assert.NotEmpty(injected);
    }

    private static string Shuffled(Case each) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{each}")));

    private static async Task<string> TryAsync(
        HttpClient http, AzuriteFixture azurite, FaultyStorage storage, Case what, string name, string expected)
    {
        string? hit = null;
        var attempts = 0;
        using var injected = storage.Inject(call =>
        {
            if (call.Subject != name || call.Kind != what.Kind) return null;
            if (Interlocked.CompareExchange(ref hit, call.Id, null) is { } first && (!what.IsPersistent || first != call.Id)) return null;
            return Interlocked.Increment(ref attempts) <= Attempts ? what.Fault : null;
        });
        var user = new PersistentUser(() => http, azurite);
        try
        {
            var found = await PersistentUser.Scenarios[what.Scenario](user, name);
            if (found != expected) return $"differs\n{expected}\n{found}";
        }
        catch (Exception failure) when (!Cancellation.IsCancellationRequested)
        {
            return failure.Message;
        }
        return hit is null ? "-" : user.Errors > 0 ? "e" : "=";
    }

    private static string Table(ConcurrentDictionary<Case, string> results)
    {
        var faults = Enum.GetValues<StorageFault>();
        var text = new StringBuilder();
        foreach (var scenario in results.GroupBy(each => each.Key.Scenario).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"\n{scenario.Key}\n\n| call | {string.Join(" | ", faults)} |");
            text.AppendLine($"|---|{string.Concat(faults.Select(_ => "---|"))}");
            foreach (var kind in scenario.GroupBy(each => each.Key.Kind).OrderBy(group => group.Key, StringComparer.Ordinal))
                text.AppendLine(CultureInfo.InvariantCulture, $"| `{kind.Key}` | {string.Join(" | ", faults.Select(fault => Cell(kind, fault)))} |");
        }
        return text.ToString();
    }

    private static string Cell(IEnumerable<KeyValuePair<Case, string>> results, StorageFault fault) =>
        string.Join(' ', results
            .Where(each => each.Key.Fault == fault).OrderBy(each => each.Key.IsPersistent).Select(each => each.Value.Length > 1 ? "X" : each.Value));
}
