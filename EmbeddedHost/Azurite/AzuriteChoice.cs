using System.Diagnostics;
using GanFunctions.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost;

/// <summary>Whether an app has to start an Azurite or finds one to use.</summary>
internal static class AzuriteChoice
{
    public static async Task<AzuriteProcess?> StartIfNeededAsync(IConfiguration configuration, ILogger logger, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration[StorageConnection.Setting]?.TrimEnd(';') != "UseDevelopmentStorage=true")
        {
            return null;
        }
        var options = new AzuriteOptions { Location = Path.GetFullPath(configuration["Azurite:Location"] ?? AzuriteProgram.DefaultLocation) };
        while (!await IsOneRunningAsync(options, logger, ct).ConfigureAwait(false))
        {
            try
            {
                return await AzuriteProcess.StartAsync(options, logger, ct).ConfigureAwait(false);
            }
            catch (InvalidOperationException) when (AzuriteState.OfLiving(options.Location) is not null)
            {
                // Another app that started at the same moment was quicker.
            }
        }
        return null;
    }

    /// <exception cref="InvalidOperationException">Something else holds a port or the folder; the message says what to do.</exception>
    public static async Task<bool> IsOneRunningAsync(AzuriteOptions options, ILogger logger, CancellationToken ct)
    {
        if (await IsOursServingAsync(options, logger, ct).ConfigureAwait(false))
        {
            return true;
        }
        var (blob, table) = (await AzuriteState.IsTakenAsync(options.BlobPort, ct).ConfigureAwait(false),
            await AzuriteState.IsTakenAsync(options.TablePort, ct).ConfigureAwait(false));
        if (blob != table)
        {
            throw new InvalidOperationException(
                $"Port {(blob ? options.BlobPort : options.TablePort)} of 127.0.0.1 is taken but port {(blob ? options.TablePort : options.BlobPort)} is not. " +
                "Either run Azurite with both its blob and its table service, or end the program that has the port.");
        }
        if (blob)
        {
            AzuriteLog.UsingRunning(logger, options.BlobPort, options.TablePort);
        }
        return blob;
    }

    /// <summary>Looks at the one over the same folder, and waits while it is still starting or already ending.</summary>
    private static async Task<bool> IsOursServingAsync(AzuriteOptions options, ILogger logger, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        for (var told = false; AzuriteState.OfLiving(options.Location) is { } other; await Task.Delay(50, ct).ConfigureAwait(false))
        {
            if (await other.IsServingAsync(ct).ConfigureAwait(false))
            {
                if (other.Blob != options.BlobPort || other.Table != options.TablePort)
                {
                    throw new InvalidOperationException(
                        $"{options.Location} is in use by the Azurite of process {other.Owner}, at other ports. Set Azurite:Location to another folder.");
                }
                AzuriteLog.UsingThatOfAnotherApp(logger, other.Owner);
                return true;
            }
            if (!told)
            {
                AzuriteLog.WaitingForOrphan(logger, other.Pid, options.Location);
                told = true;
            }
            if (Stopwatch.GetElapsedTime(started) > options.StartTimeout)
            {
                throw new InvalidOperationException(
                    $"Azurite {other.Pid} has not finished with {options.Location} after {options.StartTimeout.TotalSeconds} s. End that process and start again.");
            }
        }
        return false;
    }
}
