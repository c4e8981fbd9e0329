using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GanFunctions.Functions.Http;

/// <summary>How much a request may carry. Data sets are uploaded in one.</summary>
public static class RequestLimits
{
    private const string Setting = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"; // the Functions host's own, which lets 100 MB through without it
    private const long Default = 2L * 1024 * 1024 * 1024;

    /// <summary>Lets the app's own server take as much as the Functions host in front of it lets through.</summary>
    public static IServiceCollection AddRequestLimits(this IServiceCollection services, IConfiguration configuration) =>
        services.Configure<KestrelServerOptions>(server => server.Limits.MaxRequestBodySize = configuration.GetValue(Setting, Default));
}
