using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Azure;
using Microsoft.Extensions.Configuration;

namespace GanFunctions.Storage;

/// <summary>
/// The storage account of the setting <c>AzureWebJobsStorage</c>, which has the same forms as for the Functions host: a connection string,
/// or the name or the service URIs of an account to use with an identity (<c>__accountName</c>; <c>__blobServiceUri</c>,
/// <c>__queueServiceUri</c>, <c>__tableServiceUri</c>; <c>__credential</c>, <c>__clientId</c>). Compiled into the app and into the embedded
/// host.
/// </summary>
internal sealed class StorageConnection(IConfiguration configuration, AzureComponentFactory azure)
{
    /// <summary>The setting's name.</summary>
    public const string Setting = "AzureWebJobsStorage";

    private readonly IConfigurationSection _section = configuration.GetSection(Setting);

    /// <summary>A client for Blob Storage.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing or not valid; the message names it.</exception>
    public BlobServiceClient Blobs(BlobClientOptions? options = null) => Connect(
        connection => new BlobServiceClient(connection, options), () => new BlobServiceClient(Address("blob"), Credential(), options));

    /// <summary>A client for Queue Storage.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing or not valid; the message names it.</exception>
    public QueueServiceClient Queues() => Connect(
        connection => new QueueServiceClient(connection), () => new QueueServiceClient(Address("queue"), Credential()));

    /// <summary>A client for Table Storage.</summary>
    /// <exception cref="InvalidOperationException">The setting is missing or not valid; the message names it.</exception>
    public TableServiceClient Tables(TableClientOptions? options = null) => Connect(
        connection => new TableServiceClient(connection, options), () => new TableServiceClient(Address("table"), Credential(), options));

    /// <summary>Whether <paramref name="configuration"/> has the setting, in any of its forms.</summary>
    public static bool IsConfigured(IConfiguration configuration) => configuration.GetSection(Setting).Exists();

    /// <summary>The connection string; null if an identity is used.</summary>
    public string? ConnectionString => string.IsNullOrEmpty(_section.Value) ? null : _section.Value;

    /// <summary>The URI of a service of the account.</summary>
    /// <param name="service"><c>blob</c>, <c>queue</c> or <c>table</c>.</param>
    /// <exception cref="InvalidOperationException">The setting is missing or not valid; the message names it.</exception>
    public Uri Address(string service)
    {
        if (_section[$"{service}ServiceUri"] is { Length: > 0 } address)
        {
            return Uri.TryCreate(address, UriKind.Absolute, out var valid)
                ? valid
                : throw new InvalidOperationException(
                    $"{Setting}__{service}ServiceUri: '{address}' is not valid; it must be a URI such as https://<account>.{service}.core.windows.net.");
        }
        return _section["accountName"] is { Length: > 0 } account
            ? new Uri($"https://{account}.{service}.core.windows.net")
            : throw new InvalidOperationException(
                $"The setting {Setting} is missing. Set {Setting} to a connection string of Azure Storage, or set {Setting}__accountName to the name "
                + $"of an account (or {Setting}__{service}ServiceUri to its URI) that the app's identity can access.");
    }

    /// <summary>The credential of the identity.</summary>
    public TokenCredential Credential() => azure.CreateTokenCredential(_section);

    private T Connect<T>(Func<string, T> withConnectionString, Func<T> withIdentity)
    {
        if (ConnectionString is not { } connection) return withIdentity();
        try
        {
            return withConnectionString(connection);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // Without the value, which may have a key.
            throw new InvalidOperationException(
                $"{Setting} is not a valid connection string of Azure Storage ({e.Message.TrimEnd('.')}); "
                + "it must be UseDevelopmentStorage=true, or of the form "
                + "DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;EndpointSuffix=core.windows.net.", e);
        }
    }
}
