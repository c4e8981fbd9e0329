using System.Net.Sockets;
using Azure;
using Azure.Identity;
using GanFunctions.Storage;
using Microsoft.AspNetCore.Connections;

namespace GanFunctions.EmbeddedHost;

/// <summary>Explains startup errors that the user can fix, in one sentence.</summary>
internal static class StartupErrors
{
    private const string Advice = $"check the setting {StorageConnection.Setting}, or remove it to let the app start its own Azurite";

    /// <summary>What is wrong and how to fix it; null for an error in the code.</summary>
    /// <param name="error">The error.</param>
    /// <param name="storage">The storage account of the app, if the app got that far.</param>
    public static string? Explain(Exception error, StorageConnection? storage) => error switch
    {
        InvalidOperationException => error.Message, // thrown by the host itself or by Kestrel: the message names the setting
        IOException { InnerException: AddressInUseException } =>
            $"{error.Message} End the program that uses it, or choose another address, such as --urls http://localhost:7072.",
        IOException or SocketException when IsOfKestrel(error) => $"Cannot listen: {OneLine(error.Message)} Choose another address with --urls.",
        AggregateException { InnerException: RequestFailedException failure } => Explain(failure, storage),
        RequestFailedException failure when storage is not null => Explain(failure, storage.Blobs().Uri),
        AuthenticationFailedException when storage is not null =>
            $"The app's identity cannot sign in to the storage account {storage.Blobs().Uri}: {OneLine(error.Message)} {Sentence(Advice)}",
        _ => null,
    };

    private static string Explain(RequestFailedException failure, Uri storage) => failure switch
    {
        { Status: 0 } => $"The storage at {storage} is unreachable: {OneLine(failure.Message)} Start it, {Advice}.",
        { Status: 400 } when failure.Message.Contains("not supported by Azurite", StringComparison.Ordinal) =>
            $"The Azurite at {storage} does not support the API version of this app: restart it with --skipApiVersionCheck, "
            + "or end it to let the app start its own.",
        _ => $"The storage at {storage} refused a request with {failure.Status} {failure.ErrorCode}: {OneLine(failure.Message)} {Sentence(Advice)}",
    };

    private static bool IsOfKestrel(Exception error) => error.StackTrace?.Contains("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) == true;

    private static string OneLine(string text) => $"{text.Split('\n')[0].Trim().TrimEnd('.')}.";

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
}
