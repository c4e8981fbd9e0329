using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace GanFunctions.Functions.Tests;

/// <summary>A proxy before the app that breaks the first event stream off when its second event arrives, at least a second after the first.</summary>
internal sealed class FlakyProxy : IAsyncDisposable
{
    private readonly WebApplication _proxy;
    private int _streams;

    private FlakyProxy(WebApplication proxy) => _proxy = proxy;

    public string Address => _proxy.Urls.Single();

    /// <summary>Number of event streams so far.</summary>
    public int Streams => _streams;

    public static async Task<FlakyProxy> StartAsync(HttpClient app)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHttpForwarder();
        var flaky = new FlakyProxy(builder.Build());
        var forwarder = flaky._proxy.Services.GetRequiredService<IHttpForwarder>();
        var target = app.BaseAddress!.GetLeftPart(UriPartial.Authority);
        var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        flaky._proxy.Run(async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal) && Interlocked.Increment(ref flaky._streams) == 1)
            {
                await using var events = await app.GetStreamAsync($"{context.Request.Path}"[1..], context.RequestAborted);
                var bytes = new byte[16 * 1024];
                var read = await events.ReadAsync(bytes, context.RequestAborted);
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.WriteAsync(bytes.AsMemory(0, read), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                // An abort right after the flush could overtake what was sent.
                await events.ReadAtLeastAsync(bytes, 1, throwOnEndOfStream: false, context.RequestAborted);
                context.Abort();
                return;
            }
            await forwarder.SendAsync(context, target, client);
        });
        await flaky._proxy.StartAsync();
        return flaky;
    }

    public async ValueTask DisposeAsync() => await _proxy.DisposeAsync();
}
