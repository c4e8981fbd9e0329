using Azure.Data.Tables;
using Azure.Storage.Blobs;
using GanFunctions.Core.Checkpoints;
using GanFunctions.Core.Data;
using GanFunctions.Core.Losses;
using GanFunctions.Core.Model;
using GanFunctions.Core.Quality;
using GanFunctions.Core.Runs;
using GanFunctions.Core.Tests.Data;
using GanFunctions.Core.Tests.Quality;
using GanFunctions.Core.Training;
using GanFunctions.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Tests.Training;

/// <summary>The training code of the app on a real storage emulator, without HTTP and orchestrations.</summary>
public sealed class TrainingBench : IDisposable
{
    /// <summary>Name of the stored data set.</summary>
    public const string Bars = "bars";

    /// <summary>Number of its training pictures.</summary>
    public const int Pictures = 600;

    private readonly ServiceProvider _services;

    private TrainingBench(BlobContainerClient container, ServiceProvider services)
    {
        Container = container;
        _services = services;
    }

    public BlobContainerClient Container { get; }

    public RunStore Runs => _services.GetRequiredService<RunStore>();

    public CheckpointStore Checkpoints => _services.GetRequiredService<CheckpointStore>();

    public InitialCheckpoints Initial => _services.GetRequiredService<InitialCheckpoints>();

    public DatasetCatalog Datasets => _services.GetRequiredService<DatasetCatalog>();

    public TableClient LossTable => _services.GetRequiredService<TableClient>();

    public LossLog Losses => _services.GetRequiredService<LossLog>();

    public SliceSteps Steps => _services.GetRequiredService<SliceSteps>();

    public TrainingRound Rounds => _services.GetRequiredService<TrainingRound>();

    public ShardStore Shards => _services.GetRequiredService<ShardStore>();

    public RunLifecycle Lifecycle => _services.GetRequiredService<RunLifecycle>();

    public LogRecorder Log => _services.GetRequiredService<LogRecorder>();

    public static async Task<TrainingBench> CreateAsync(AzuriteFixture azurite, TimeProvider? time = null, CostSettings? costs = null)
    {
        var container = azurite.Blobs().GetBlobContainerClient("gan-" + Guid.NewGuid().ToString("N"));
        await container.CreateAsync();
        await container.StoreAsync(Bars, Quality.Bars.Of(Pictures).Train);
        var suffix = Guid.NewGuid().ToString("N");
        var (runs, losses) = (azurite.Tables().GetTableClient("Runs" + suffix), azurite.Tables().GetTableClient("Losses" + suffix));
        await runs.CreateAsync();
        await losses.CreateAsync();

        var log = new LogRecorder();
        var collection = new ServiceCollection().AddMetrics()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log))
            .AddSingleton(log).AddSingleton(time ?? TimeProvider.System).AddSingleton(container)
            .AddSingleton(new RunStore(runs)).AddSingleton(losses).AddSingleton<LossLog>()
            .AddSingleton(new HttpClient()).AddSingleton(new DatasetOptions()).AddSingleton<DatasetCatalog>()
            .AddSingleton<CheckpointStore>().AddSingleton<InitialFiles>().AddSingleton<InitialCheckpoints>().AddSingleton<GridStore>().AddSingleton<QualityReferenceStore>()
            .AddSingleton(costs ?? new()).AddSingleton<TrainingTelemetry>()
            .AddSingleton<ShardStore>().AddSingleton<SliceSteps>().AddSingleton<TrainingSlice>().AddSingleton<TrainingRound>().AddSingleton<RunLifecycle>();
        return new TrainingBench(container, collection.BuildServiceProvider());
    }

    /// <summary>Claims a run. Its pictures are measured only if <paramref name="measured"/> is true.</summary>
    public async Task<SliceRequest> StartAsync(string run, TrainingOptions options, bool measured = false)
    {
        options = options with { Threads = 1 }; // enough for small batches; on a busy machine, two threads would wait for each other
        if (!Soak.IsOn) options = options with { WidthMultiplier = NetworkFamilies.MinWidth }; // trained and stored like wide networks, only faster
        if (measured) await BarsReference.StoreAsync(Container);
        else options = options with { QualitySamples = 0 };
        var row = new RunRow { RowKey = run, InstanceId = "one", TargetEpochs = options.Epochs, OptionsJson = OptionsReader.Write(options) };
        Assert.True(await Runs.TryClaimAsync(row, TestContext.Current.CancellationToken));
        return new SliceRequest(run, row.InstanceId, 0);
    }

    /// <summary>Claims a run that starts from a checkpoint.</summary>
    public async Task<SliceRequest> StartFromAsync(string run, TrainingOptions options, InitFrom from)
    {
        var initial = await FindAsync(from);
        await Initial.CopyAsync(initial, run, TestContext.Current.CancellationToken);
        return await StartAsync(run, options with { InitFrom = initial.From });
    }

    public async Task<InitialCheckpoint> FindAsync(InitFrom from)
    {
        var problems = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var found = await Initial.FindAsync(from, problems, TestContext.Current.CancellationToken);
        Assert.Empty(problems);
        return found!;
    }

    public Task<SliceResult> TrainAsync(SliceRequest request, CancellationToken stopping = default) =>
        _services.GetRequiredService<TrainingSlice>().RunAsync(request, stopping);

    /// <summary>Trains slice after slice until the outcome is not <see cref="SliceOutcome.Continue"/>.</summary>
    /// <param name="request">The input of the first slice.</param>
    /// <param name="onOtherWorkers">Whether each slice runs on another worker, which has nothing in memory.</param>
    public async Task<SliceResult> TrainToTheEndAsync(SliceRequest request, bool onOtherWorkers = false)
    {
        while (true)
        {
            var slice = onOtherWorkers ? ActivatorUtilities.CreateInstance<TrainingSlice>(_services) : _services.GetRequiredService<TrainingSlice>();
            var result = await slice.RunAsync(request, CancellationToken.None);
            if (result.Outcome != SliceOutcome.Continue) return result;
            request = request with { Attempt = result.Attempt };
        }
    }

    /// <summary>Trains round after round until the outcome of a merge is not <see cref="SliceOutcome.Continue"/>.</summary>
    /// <param name="request">The input of the first merge.</param>
    /// <param name="workers">Number of workers.</param>
    /// <param name="beforeMerge">Called when the shards of a round are trained, or as far as they were.</param>
    public async Task<SliceResult> TrainRoundsToTheEndAsync(SliceRequest request, int workers, Func<Task>? beforeMerge = null)
    {
        IReadOnlyList<ShardResult> shards = [];
        while (true)
        {
            var result = await Rounds.MergeAsync(new(request.Run, request.InstanceId, request.Attempt, shards), CancellationToken.None);
            if (result.Outcome != SliceOutcome.Continue) return result;
            request = request with { Attempt = result.Attempt };
            shards = await Task.WhenAll(Enumerable.Range(0, workers).Select(worker =>
                Rounds.TrainShardAsync(new(request.Run, request.InstanceId, request.Attempt, worker), CancellationToken.None)));
            if (beforeMerge is not null) await beforeMerge();
        }
    }

    /// <summary>Changes the row of a run.</summary>
    public Task ChangeAsync(string run, Action<RunRow> change) => Runs.UpdateAsync(run, row =>
    {
        change(row);
        return true;
    }, TestContext.Current.CancellationToken);

    public async Task<Manifest> LatestAsync(string run) => (await Checkpoints.ListAsync(run, TestContext.Current.CancellationToken))[^1];

    public void Dispose() => _services.Dispose();
}
