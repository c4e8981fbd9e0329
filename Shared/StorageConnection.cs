using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.Storage;

/// <summary>
/// The storage account of the setting <c>AzureWebJobsStorage</c>, read as the Functions host reads it for itself: a connection string, or
/// the account's name or addresses with an identity (<c>__accountName</c>; <c>__blobServiceUri</c>, <c>__queueServiceUri</c>, <c>__tableServiceUri</c>;
/// <c>__credential</c>, <c>__clientId</c>). Compiled into the app and into the embedded host, which share nothing else.
/// </summary>
internal sealed class StorageConnection(IConfiguration configuration, AzureComponentFactory azure)
{
    /// <summary>The setting's name.</summary>
    public const string Setting = "AzureWebJobsStorage";

    private readonly IConfigurationSection _section = configuration.GetSection(Setting);

    /// <summary>A client for the account's blobs.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing or incomplete; the message names it.</exception>
    public BlobServiceClient Blobs(BlobClientOptions? options = null) => ConnectionString is { } connection
        ? new BlobServiceClient(connection, options)
        : new BlobServiceClient(Address("blob"), Credential(), options);

    /// <summary>A client for the account's queues.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing or incomplete; the message names it.</exception>
    public QueueServiceClient Queues() => ConnectionString is { } connection
        ? new QueueServiceClient(connection)
        : new QueueServiceClient(Address("queue"), Credential());

    /// <summary>A client for the account's tables.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing or incomplete; the message names it.</exception>
    public TableServiceClient Tables(TableClientOptions? options = null) => ConnectionString is { } connection
        ? new TableServiceClient(connection, options)
        : new TableServiceClient(Address("table"), Credential(), options);

    /// <summary>Whether <paramref name="configuration"/> names the account at all, in whichever way.</summary>
    public static bool IsConfigured(IConfiguration configuration) => configuration.GetSection(Setting).Exists();

    /// <summary>The connection string; null where the account is named instead.</summary>
    public string? ConnectionString => string.IsNullOrEmpty(_section.Value) ? null : _section.Value;

    /// <summary>The address of a service of the account.</summary>
    /// <param name="service"><c>blob</c>, <c>queue</c> or <c>table</c>.</param>
    /// <exception cref="InvalidOperationException">The setting is missing or incomplete; the message names it.</exception>
    public Uri Address(string service)
    {
        if (_section[$"{service}ServiceUri"] is { Length: > 0 } address)
        {
            return Uri.TryCreate(address, UriKind.Absolute, out var valid)
                ? valid
                : throw new InvalidOperationException($"{Setting}__{service}ServiceUri: '{address}' is not valid; it must be an address such as https://<account>.{service}.core.windows.net.");
        }
        return _section["accountName"] is { Length: > 0 } account
            ? new Uri($"https://{account}.{service}.core.windows.net")
            : throw new InvalidOperationException(
                $"The setting {Setting} is missing: it must be a connection string of Azure Storage, or {Setting}__accountName the name of an account "
                + $"(or {Setting}__{service}ServiceUri its address) that the app's identity may use.");
    }

    /// <summary>The identity that the account is used with.</summary>
    public TokenCredential Credential() => azure.CreateTokenCredential(_section);
}
