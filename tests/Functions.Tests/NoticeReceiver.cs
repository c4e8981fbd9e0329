using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GanFunctions.Functions.Tests;

/// <summary>A request that a receiver got.</summary>
internal sealed record ReceivedNotice(string Path, IHeaderDictionary Headers, byte[] Body);

/// <summary>A web server that receives notices.</summary>
internal sealed class NoticeReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedNotice> _received = new();

    private NoticeReceiver(Func<ReceivedNotice, int> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var received = new ReceivedNotice(context.Request.Path, new HeaderDictionary(context.Request.Headers.ToDictionary()), body.ToArray());
            _received.Enqueue(received);
            context.Response.StatusCode = answer(received);
        });
    }

    public string Address => _app.Urls.Single();

    public IReadOnlyCollection<ReceivedNotice> Received => _received;

    /// <summary>Starts a server.</summary>
    /// <param name="answer">The status to answer with.</param>
    public static async Task<NoticeReceiver> StartAsync(Func<ReceivedNotice, int> answer)
    {
        var receiver = new NoticeReceiver(answer);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>The requests to a path so far.</summary>
    public List<ReceivedNotice> At(string path) => [.. _received.Where(each => each.Path == path)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
