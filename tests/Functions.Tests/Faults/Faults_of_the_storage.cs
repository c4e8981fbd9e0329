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
    private static readonly string? WantedAtRandom = Environment.GetEnvironmentVariable("GANFUNCTIONS_RANDOM_FAULTS");

    // After an error the hub of an app pauses for ten seconds, so faults that last need several apps.
    private static readonly (int Apps, int AtATime) Parallelism = Wanted is null ? (1, 4) : (6, 2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly Case[] FoundDefects =
    [
        new("a run", "table PATCH GanRuns(PartitionKey='runs',RowKey='{name}')", StorageFault.ResetAfter, IsPersistent: true), // losses were not written
        new("an upload that is deleted", "blob PUT gan/datasets/{name}/{hash}/upload.zip?comp=blocklist", StorageFault.ResetAfter, IsPersistent: false), // 500
        new("a run that is exported, deleted and imported", "table POST $batch of GanLosses, deletion", StorageFault.ResetAfter, IsPersistent: false), // 500
    ];

    /// <param name="IsShared">Whether the call is about no run in particular, such as polling a queue.</param>
    private sealed record Case(string Scenario, string Kind, StorageFault Fault, bool IsPersistent, bool IsShared = false);

    [Fact]
    public async Task Change_nothing_in_the_end_whichever_call_they_hit()
    {
        await using var rig = await Rig.StartAsync();
        List<Case> cases = [];
        foreach (var (scenario, calls) in rig.Calls)
        {
            output.WriteLine($"{scenario}: {calls.Count} kinds of calls\n{string.Join('\n', calls.Select(call => call.Kind))}");
            cases.AddRange(
                from call in calls
                from fault in Enum.GetValues<StorageFault>()
                where fault.CanHappenTo(call) && (Enum.TryParse<StorageFault>(Wanted, out var wanted) ? fault == wanted : fault != StorageFault.NoAnswer)
                from isPersistent in fault == StorageFault.NoAnswer ? [false] : new[] { false, true }
                select new Case(scenario, call.Kind, fault, isPersistent, call.Subject is null));
        }

        // The same sample each time, even if a kind of call is new or was not needed this time; faults that last take a minute each
        if (Wanted is null)
        {
            Assert.All(FoundDefects, each => Assert.Contains(each, cases));
            cases = [.. FoundDefects, .. cases.Where(each => !each.IsPersistent).OrderBy(Shuffled, StringComparer.Ordinal).Take(Soak.Count(2, 12))];
        }

        ConcurrentDictionary<Case, string> results = [];
        var (number, waiting) = (0, new ConcurrentQueue<Case>(cases));
        List<Task<Rig>> others = [.. Enumerable.Range(1, Parallelism.Apps - 1).Select(_ => Rig.StartAsync())];
        try
        {
            await Task.WhenAll((await Task.WhenAll(others)).Append(rig).SelectMany(each => Enumerable.Range(0, Parallelism.AtATime).Select(async _ =>
            {
                while (waiting.TryDequeue(out var what)) results[what] = await each.TryAsync(what, $"fault-{Interlocked.Increment(ref number)}");
            })));
        }
        finally
        {
            foreach (var other in others.Where(each => each.IsCompletedSuccessfully)) await (await other).DisposeAsync();
        }

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
        await using var rig = await Rig.StartAsync();
        var scenarios = rig.Calls.Keys.ToList();
        var faults = Enum.GetValues<StorageFault>().Where(fault => fault != StorageFault.NoAnswer).ToArray();
        ConcurrentBag<StorageFault> injected = [];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Parallelism.AtATime, CancellationToken = Cancellation };
        await Parallel.ForAsync(0, plays, parallel, async (number, _) =>
        {
            var (scenario, name, random) = (scenarios[number % scenarios.Count], $"fault-{number}", new Random(seed + number));
            ConcurrentQueue<(StorageFault Fault, StorageCall Call)> happened = [];
            var result = await rig.PlayAsync(scenario, name, call =>
            {
                StorageFault? chosen;
                lock (random) chosen = random.Next(call.Subject is null ? 100 : 20) == 0 ? faults[random.Next(faults.Length)] : null;
                if (chosen is { } fault && fault.CanHappenTo(call)) happened.Enqueue((fault, call));
                return chosen;
            });
            if (result.Length > 1)
                Assert.Fail($"{scenario} {name}: {string.Join('\n', happened.Select(each => $"{each.Fault} {each.Call}"))}\n{result}");
            foreach (var (fault, _) in happened) injected.Add(fault);
        });

        output.WriteLine($"{injected.Count} faults: {string.Join(", ", injected.CountBy(fault => fault).Select(each => $"{each.Key} {each.Value}"))}");
        Assert.NotEmpty(injected);
    }

    private static string Shuffled(Case each) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{each}")));

    /// <summary>The worst result of each call and fault in any scenario, once and lasting.</summary>
    private static string Table(ConcurrentDictionary<Case, string> results)
    {
        var faults = results.Keys.Select(each => each.Fault).Distinct().Order().ToList();
        var text = new StringBuilder($"| call | {string.Join(" | ", faults)} |\n|---|{string.Concat(faults.Select(_ => "---|"))}\n");
        foreach (var kind in results.GroupBy(each => each.Key.Kind).OrderBy(group => group.Key, StringComparer.Ordinal))
            text.AppendLine(CultureInfo.InvariantCulture, $"| `{kind.Key}` | {string.Join(" | ", faults.Select(fault => Cell(kind, fault)))} |");
        return text.ToString();
    }

    private static string Cell(IEnumerable<KeyValuePair<Case, string>> results, StorageFault fault) => string.Join(' ', results
        .Where(each => each.Key.Fault == fault).GroupBy(each => each.Key.IsPersistent, each => each.Value.Length > 1 ? "X" : each.Value)
        .OrderBy(group => group.Key).Select(group => group.MaxBy(each => "-=eX".IndexOf(each, StringComparison.Ordinal))));

    /// <summary>An app on a storage that can fail, and what each scenario gives on it without faults.</summary>
    private sealed class Rig(AzuriteFixture azurite, FaultyStorage storage, AppProcess app) : IAsyncDisposable
    {
        private readonly Dictionary<string, string> _expected = [];

        /// <summary>The first call of each kind that a scenario makes, and of each shared kind that no scenario before it makes.</summary>
        public Dictionary<string, List<StorageCall>> Calls { get; } = [];

        public static async Task<Rig> StartAsync()
        {
            var azurite = await AzuriteFixture.StartAsync();
            var storage = await FaultyStorage.StartAsync(azurite);
            var app = App.Start(storage.ConnectionString);
            var rig = new Rig(azurite, storage, app);
            try
            {
                await rig.PlayAllAsync();
                return rig;
            }
            catch (Exception failure)
            {
                await rig.DisposeAsync();
                throw new InvalidOperationException($"{failure.Message}\n{app.Output}", failure);
            }
        }

        /// <summary>Plays a scenario with a fault.</summary>
        /// <returns>As <see cref="PlayAsync"/>; <c>-</c> if the call was not made.</returns>
        public async Task<string> TryAsync(Case what, string name)
        {
            string? hit = null;
            var attempts = 0;
            var result = await PlayAsync(what.Scenario, name, call =>
            {
                if (call.Kind != what.Kind || call.Subject is null != what.IsShared) return null;
                if (Interlocked.CompareExchange(ref hit, call.Id, null) is { } first && (!what.IsPersistent || first != call.Id)) return null;
                return Interlocked.Increment(ref attempts) <= Attempts ? what.Fault : null;
            });
            return hit is null && result.Length == 1 ? "-" : result;
        }

        /// <summary>Plays a scenario while calls fail.</summary>
        /// <returns><c>=</c> if nobody noticed, <c>e</c> if the user got an error, and otherwise what is wrong, with the log of the app.</returns>
        public async Task<string> PlayAsync(string scenario, string name, Func<StorageCall, StorageFault?> choose)
        {
            using var injected = storage.Inject(call => call.Subject is null || call.Subject == name ? choose(call) : null);
            var user = new PersistentUser(() => app.Client, azurite);
            try
            {
                var found = await PersistentUser.Scenarios[scenario](user, name);
                return found != _expected[scenario] ? $"differs\n{_expected[scenario]}\n{found}" : user.Errors > 0 ? "e" : "=";
            }
            catch (Exception failure) when (!Cancellation.IsCancellationRequested)
            {
                return $"{failure.Message}\n{app.Output}";
            }
        }

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
            await storage.DisposeAsync();
            await azurite.DisposeAsync();
        }

        private async Task PlayAllAsync()
        {
            await app.WaitUntilListeningAsync();
            foreach (var (scenario, play) in PersistentUser.Scenarios.Where(each => each.Key != PersistentUser.Sweep))
            {
                var name = $"fault-free{_expected.Count}";
                var recorded = await storage.RecordAsync(
                    name, async () => _expected[scenario] = await play(new PersistentUser(() => app.Client, azurite), name));
                var known = Calls.Values.SelectMany(calls => calls).Where(call => call.Subject is null).Select(call => call.Kind).ToHashSet();
                Calls[scenario] = [.. recorded.DistinctBy(call => (call.Kind, call.Subject)).Where(call => call.Subject is not null || !known.Contains(call.Kind))];
            }
        }
    }
}
