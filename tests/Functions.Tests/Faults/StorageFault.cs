using System.Net;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>What can go wrong with a call of the storage.</summary>
internal enum StorageFault
{
    /// <summary>500, without effect.</summary>
    InternalError,

    /// <summary>503, without effect.</summary>
    ServerBusy,

    /// <summary>429 with Retry-After, without effect.</summary>
    TooManyRequests,

    /// <summary>The connection breaks before the storage has seen the request.</summary>
    ResetBefore,

    /// <summary>The connection breaks after the request took effect: the response of a write, conditional or not, is lost.</summary>
    ResetAfter,

    /// <summary>The connection breaks in the middle of the response's body.</summary>
    TruncatedBody,

    /// <summary>
    /// A bit in the middle of the response's body is wrong. Only for content of blobs: TLS protects what has no hash of its own. Not for an uploaded archive,
    /// of which a damaged file is reported and left out.
    /// </summary>
    FlippedBit,

    /// <summary>The response comes three seconds late.</summary>
    SlowAnswer,

    /// <summary>No response until the client gives up, which takes 100 seconds.</summary>
    NoAnswer,
}

/// <summary>Makes a call fail.</summary>
internal static class StorageFaults
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(3);

    /// <summary>Whether a fault can happen to a call.</summary>
    public static bool CanHappenTo(this StorageFault fault, StorageCall call) => fault switch
    {
        StorageFault.FlippedBit => call is { Service: "blob", Method: "GET", ReadsContent: true } && !call.Target.EndsWith("/upload.zip", StringComparison.Ordinal),
        StorageFault.TruncatedBody => call.Method == "GET",
        _ => true,
    };

    /// <summary>Answers a call with a fault.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="context">The call.</param>
    /// <param name="forward">Passes the call to the storage.</param>
    public static async Task AnswerAsync(this StorageFault fault, HttpContext context, Func<HttpTransformer, ValueTask<ForwarderError>> forward)
    {
        switch (fault)
        {
            case StorageFault.InternalError:
                await RefuseAsync(context, HttpStatusCode.InternalServerError, "InternalError");
                break;
            case StorageFault.ServerBusy:
                await RefuseAsync(context, HttpStatusCode.ServiceUnavailable, "ServerBusy");
                break;
            case StorageFault.TooManyRequests:
                context.Response.Headers.RetryAfter = "1";
                await RefuseAsync(context, HttpStatusCode.TooManyRequests, "TooManyRequests");
                break;
            case StorageFault.ResetBefore:
                context.Abort();
                break;
            case StorageFault.ResetAfter:
                await forward(new ChangedBody(_ => null));
                break;
            case StorageFault.TruncatedBody:
                await forward(new ChangedBody(body => body[..(body.Length / 2)]));
                break;
            case StorageFault.FlippedBit:
                await forward(new ChangedBody(body =>
                {
                    if (body.Length > 0) body[body.Length / 2] ^= 1;
                    return body;
                }));
                break;
            case StorageFault.SlowAnswer:
                await Task.Delay(Delay, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                await forward(new ExactForwarding());
                break;
            default:
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                break;
        }
    }

    private static async Task RefuseAsync(HttpContext context, HttpStatusCode status, string code)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Response.StatusCode = (int)status;
        context.Response.Headers["x-ms-error-code"] = code;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync($"""<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>An injected fault.</Message></Error>""");
    }

    /// <summary>Passes the response on with another body; with none, or with a shorter one than announced, the connection breaks.</summary>
    private sealed class ChangedBody(Func<byte[], byte[]?> change) : ExactForwarding
    {
        public override async ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
            if (proxyResponse is null) return false;
            var body = await proxyResponse.Content.ReadAsByteArrayAsync(cancellationToken);
            var announced = body.Length;
            if (change(body) is { } changed)
            {
                if (announced > 0) httpContext.Response.ContentLength = announced;
                await httpContext.Response.Body.WriteAsync(changed, cancellationToken);
                await httpContext.Response.Body.FlushAsync(cancellationToken);
                if (changed.Length == announced) return false;
            }
            httpContext.Abort();
            return false;
        }
    }
}
