using System.Net;
using GanFunctions.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace GanFunctions.Functions.Tests;

/// <summary>
/// A proxy between the app and Azurite's blob service that holds back a chosen request: the app has sent it, but Azurite has not received it. This lets
/// a test kill the app at a moment that otherwise lasts a millisecond.
/// </summary>
internal sealed class SlowStorage : IAsyncDisposable
{
    private readonly WebApplication _proxy;
    private Func<HttpRequest, bool>? _trap;
    private TaskCompletionSource<string> _caught = new();

    private SlowStorage(WebApplication proxy) => _proxy = proxy;

    public string ConnectionString { get; private set; } = "";

    public static async Task<SlowStorage> StartAsync(AzuriteFixture azurite)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        builder.Services.AddHttpForwarder();
        var storage = new SlowStorage(builder.Build());
        var client = new HttpMessageInvoker(
            new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None });
        var forwarder = storage._proxy.Services.GetRequiredService<IHttpForwarder>();
        var target = azurite.Blobs().Uri;
        storage._proxy.Run(async context =>
        {
            if (storage._trap?.Invoke(context.Request) == true)
            {
                storage._trap = null;
                storage._caught.TrySetResult($"{context.Request.Method} {context.Request.Path}");
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Abort();
                return;
            }
            await forwarder.SendAsync(context, target.GetLeftPart(UriPartial.Authority), client);
        });
        await storage._proxy.StartAsync();
        storage.ConnectionString = azurite.ConnectionString.Replace(
            $"BlobEndpoint={target.GetLeftPart(UriPartial.Authority)}", $"BlobEndpoint={storage._proxy.Urls.Single()}", StringComparison.Ordinal);
        Assert.NotEqual(azurite.ConnectionString, storage.ConnectionString);
        return storage;
    }

    /// <summary>Holds back the next request that <paramref name="isWanted"/> selects, and returns a description of it.</summary>
    public Task<string> CatchAsync(Func<HttpRequest, bool> isWanted)
    {
        _caught = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _trap = isWanted;
        return _caught.Task;
    }

    public async ValueTask DisposeAsync() => await _proxy.DisposeAsync();
}
