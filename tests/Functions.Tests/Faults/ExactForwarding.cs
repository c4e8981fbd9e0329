using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace GanFunctions.Functions.Tests.Faults;

/// <summary>Forwards the target of a request as the client sent it: its escapes are part of the signature.</summary>
internal class ExactForwarding : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var target = httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        proxyRequest.RequestUri = new($"{destinationPrefix}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }
}
