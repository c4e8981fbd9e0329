using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Identity;
using Azure.Messaging.EventGrid;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using GanFunctions.Core.Network;
using GanFunctions.Core.Storage;
using Microsoft.Extensions.Azure;

namespace GanFunctions.Functions.Notices;

/// <summary>
/// Sends notices as CloudEvents 1.0 in structured mode, signed as Standard Webhooks 1.0 specifies
/// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), or to an Event Grid topic.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="http">A client with a handler that refuses private networks.</param>
/// <param name="eventGrid">The topic; null for none.</param>
/// <param name="time">The clock.</param>
public sealed class NoticeSender(NoticeOptions options, HttpClient http, EventGridPublisherClient? eventGrid, TimeProvider time)
{
    private static readonly JsonEventFormatter Formatter = new(Json.Options, default);

    /// <summary>Sends a notice once.</summary>
    /// <returns>Why it was not delivered; null if it was, or its target is no longer configured.</returns>
    public async Task<string?> TrySendAsync(PendingNotice pending, CancellationToken cancellation)
    {
        try
        {
            switch (pending.Target)
            {
                case NoticeTarget.EventGrid when eventGrid is not null:
                    await eventGrid.SendEventAsync(EventGridEventOf(pending.Notice), cancellation);
                    return null;
                case NoticeTarget.App when options.Url is { } url:
                    return await PostAsync(pending.Notice, url, cancellation);
                case NoticeTarget.Run when pending.Url is { } url:
                    return await PostAsync(pending.Notice, new Uri(url), cancellation);
                default:
                    return null;
            }
        }
        catch (Exception problem) when (
            problem is HttpRequestException or RequestFailedException or AuthenticationFailedException
            || (problem is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return problem is OperationCanceledException ? "no response in time" : problem.Message.TrimEnd('.');
        }
    }

    private async Task<string?> PostAsync(Notice notice, Uri url, CancellationToken cancellation)
    {
        var body = Formatter.EncodeStructuredModeMessage(EventOf(notice), out var type);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type.ToString());
        var seconds = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("webhook-id", notice.Id);
        request.Headers.Add("webhook-timestamp", seconds);
        if (options.Secret is { } secret)
        {
            byte[] signed = [.. Encoding.UTF8.GetBytes($"{notice.Id}.{seconds}."), .. body.Span];
            request.Headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret, signed))}");
        }
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return answer.IsSuccessStatusCode ? null : $"the server answers {(int)answer.StatusCode}";
    }

    private static CloudEvent EventOf(Notice notice) => new(CloudEventsSpecVersion.V1_0)
    {
        Id = notice.Id,
        Source = new Uri(notice.Source, UriKind.Relative),
        Type = notice.Type,
        Subject = notice.Data.Run,
        Time = notice.Time,
        DataContentType = "application/json",
        Data = notice.Data,
    };

    private static Azure.Messaging.CloudEvent EventGridEventOf(Notice notice) => new(
        notice.Source, notice.Type, BinaryData.FromObjectAsJson(notice.Data, Json.Options), "application/json", Azure.Messaging.CloudEventDataFormat.Json)
    {
        Id = notice.Id,
        Subject = notice.Data.Run,
        Time = notice.Time,
    };
}

/// <summary>The services of notices.</summary>
public static class NoticeServices
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Registers what sends notices.</summary>
    public static IServiceCollection AddNotices(this IServiceCollection services, IConfiguration configuration)
    {
        var options = NoticeOptions.From(configuration);
        services.AddSingleton(options);
        services.AddSingleton<NotifyField>();
        const string setting = $"{NoticeOptions.Section}:{nameof(NoticeOptions.AllowPrivateAddresses)}";
        services.AddHttpClient(nameof(NoticeSender), client => client.Timeout = AnswerTimeout)
            .ConfigurePrimaryHttpMessageHandler(() => PublicNetwork.CreateHandler(options.AllowPrivateAddresses, setting, maxRedirections: 0))
            .RemoveAllLoggers(); // they would log addresses, which can contain secrets
        return services.AddSingleton(provider => new NoticeSender(
            options, provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(NoticeSender)), EventGrid(options, configuration, provider),
            provider.GetRequiredService<TimeProvider>()));
    }

    private static EventGridPublisherClient? EventGrid(NoticeOptions options, IConfiguration configuration, IServiceProvider provider)
    {
        if (options.EventGridEndpoint is not { } endpoint) return null;
        var client = new EventGridPublisherClientOptions { Retry = { MaxRetries = 0, NetworkTimeout = AnswerTimeout } }; // the delivery has its own retries
        return options.EventGridKey is { } key
            ? new(endpoint, new AzureKeyCredential(key), client)
            : new(endpoint, provider.GetRequiredService<AzureComponentFactory>().CreateTokenCredential(
                configuration.GetSection($"{NoticeOptions.Section}:EventGrid")), client);
    }
}
