using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using Azure.Storage.Queues;
using GanFunctions.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>
/// A proxy between an app and the three services of Azurite. It records calls, makes chosen ones fail, and can hold one back, so that a test
/// can kill the app at a moment that otherwise lasts a millisecond.
/// </summary>
internal sealed partial class FaultyStorage : IAsyncDisposable
{
    private readonly WebApplication _proxy;
    private readonly ConcurrentDictionary<string, string> _subjects = new(); // by orchestration
    private readonly ConcurrentDictionary<object, Func<StorageCall, StorageFault?>> _choices = new();
    private ConcurrentQueue<StorageCall>? _recording;
    private Trap? _trap;

    private FaultyStorage(WebApplication proxy) => _proxy = proxy;

    /// <summary>The connection string of the account as the app must see it.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Starts a proxy before a storage account.</summary>
    public static async Task<FaultyStorage> StartAsync(AzuriteFixture azurite)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        (string Name, Uri Target)[] services =
            [("blob", azurite.Blobs().Uri), ("queue", new QueueServiceClient(azurite.ConnectionString).Uri), ("table", azurite.Tables().Uri)];
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            foreach (var _ in services) kestrel.Listen(IPAddress.Loopback, 0);
        });
        builder.Services.AddHttpForwarder();
        var storage = new FaultyStorage(builder.Build());
        var forwarder = storage._proxy.Services.GetRequiredService<IHttpForwarder>();
        var client = new HttpMessageInvoker(
            new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None });
        Dictionary<int, (string Name, Uri Target)> byPort = [];
        storage._proxy.Run(context =>
        {
            var (name, target) = byPort[context.Connection.LocalPort];
            return storage.HandleAsync(
                context, name, transformer => forwarder.SendAsync(context, target.GetLeftPart(UriPartial.Authority), client, new(), transformer));
        });
        await storage._proxy.StartAsync();
        storage.ConnectionString = azurite.ConnectionString;
        foreach (var (service, address) in services.Zip(storage._proxy.Urls))
        {
            byPort.Add(new Uri(address).Port, service);
            storage.ConnectionString = storage.ConnectionString.Replace(service.Target.GetLeftPart(UriPartial.Authority), address, StringComparison.Ordinal);
        }
        return storage;
    }

    /// <summary>Records the calls about <paramref name="subject"/>, and those about nothing in particular, while <paramref name="action"/> runs.</summary>
    public async Task<IReadOnlyList<StorageCall>> RecordAsync(string subject, Func<Task> action)
    {
        var recording = _recording = new();
        await action();
        _recording = null;
        return [.. recording.Where(call => call.Subject is null || call.Subject == subject)];
    }

    /// <summary>Decides about every attempt whether it fails, until the result is disposed.</summary>
    public IDisposable Inject(Func<StorageCall, StorageFault?> choose)
    {
        var injection = new Injection(_choices);
        _choices[injection] = choose;
        return injection;
    }

    /// <summary>Holds back the next call that <paramref name="isWanted"/> selects, and returns a description of it.</summary>
    /// <param name="isWanted">Selects the call.</param>
    /// <param name="afterEffect">Whether the storage does what it says, and only the response is held back.</param>
    public Task<string> CatchAsync(Func<StorageCall, bool> isWanted, bool afterEffect = false)
    {
        var trap = new Trap(isWanted, afterEffect, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _trap = trap;
        return trap.Caught.Task;
    }

    public async ValueTask DisposeAsync() => await _proxy.DisposeAsync();

    private async Task HandleAsync(HttpContext context, string service, Func<HttpTransformer, ValueTask<ForwarderError>> forward)
    {
        var call = await StorageCall.ReadAsync(service, context.Request);
        call = call with { Subject = FindSubject(call) };
        _recording?.Enqueue(call);
        if (_trap is { } trap && trap.IsWanted(call) && Interlocked.CompareExchange(ref _trap, null, trap) == trap)
        {
            if (trap.AfterEffect) await forward(new HeldResponse(() => trap.Caught.TrySetResult($"{call.Method} {call.Target}, after it took effect")));
            else trap.Caught.TrySetResult($"{call.Method} {call.Target}");
            await StorageFault.NoAnswer.AnswerAsync(context, forward);
            context.Abort();
        }
        else if (_choices.Values.Select(choose => choose(call)).FirstOrDefault(chosen => chosen is not null) is { } fault && fault.CanHappenTo(call))
        {
            await fault.AnswerAsync(context, forward);
        }
        else
        {
            await forward(new ExactForwarding());
        }
    }

    /// <summary>The run or data set that a call is about. The orchestration of a run is known by the row that names both.</summary>
    private string? FindSubject(StorageCall call)
    {
        var text = call.Target + call.Body;
        if (StorageCall.NameIn(text) is { } name)
        {
            if (InstanceOf().Match(call.Body) is { Success: true } instance) _subjects[instance.Groups[1].Value] = name;
            return name;
        }
        return Instances().Matches(text).Select(each => _subjects.GetValueOrDefault(each.Value)).FirstOrDefault(found => found is not null);
    }

    [GeneratedRegex("\"InstanceId\":\"([0-9a-f]{32})\"")]
    private static partial Regex InstanceOf();

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Instances();

    private sealed record Trap(Func<StorageCall, bool> IsWanted, bool AfterEffect, TaskCompletionSource<string> Caught);

    private sealed class HeldResponse(Action arrived) : ExactForwarding
    {
        public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            arrived();
            return ValueTask.FromResult(false);
        }
    }

    private sealed class Injection(ConcurrentDictionary<object, Func<StorageCall, StorageFault?>> choices) : IDisposable
    {
        public void Dispose() => choices.TryRemove(this, out _);
    }
}
