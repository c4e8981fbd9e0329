using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Core.Tests.Data;

/// <summary>A local mirror that responds as configured and counts requests.</summary>
internal sealed class MirrorServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _requests = new();

    private MirrorServer(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        _app = builder.Build();
        _app.Run(context =>
        {
            _requests.Enqueue(context.Request.Path);
            return answer(context);
        });
    }

    public Uri Folder => new(_app.Urls.Single() + "/files/");

    public int Requests => _requests.Count;

    public static Task<MirrorServer> WithoutFilesAsync() => StartAsync(context =>
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    });

    public static Task<MirrorServer> ThatHangsAsync() => StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));

    public static Task<MirrorServer> ThatStallsHalfwayAsync() => StartAsync(async context =>
    {
        context.Response.ContentLength = 1_000_000;
        await context.Response.Body.WriteAsync(new byte[] { 0x1f, 0x8b, 8, 0 }, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Task.Delay(Timeout.Infinite, context.RequestAborted);
    });

    public static Task<MirrorServer> WithAnotherContentAsync(byte[] content) =>
        StartAsync(context => context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask());

    public static Task<MirrorServer> OfAsync(string folder) =>
        StartAsync(context => context.Response.SendFileAsync(Path.Combine(folder, Path.GetFileName(context.Request.Path))));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    public static Task<MirrorServer> ThatAnswersAsync(RequestDelegate answer) => StartAsync(answer);

    private static async Task<MirrorServer> StartAsync(RequestDelegate answer)
    {
        var server = new MirrorServer(answer);
        await server._app.StartAsync();
        return server;
    }
}
