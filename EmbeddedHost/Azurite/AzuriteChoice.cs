using System.Diagnostics;
using GanFunctions.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace GanFunctions.EmbeddedHost.Azurite;

/// <summary>Whether an app has to start an Azurite or finds one to use.</summary>
internal static class AzuriteChoice
{
    /// <summary>Starts Azurite, or joins the one that other processes of this app use, where the storage is the local one.</summary>
    /// <returns>What keeps Azurite running until it is disposed; null where the storage is another, or an Azurite that somebody else runs.</returns>
    /// <exception cref="InvalidOperationException">It cannot be started; the message says what to do.</exception>
    public static async Task<IAsyncDisposable?> StartOrJoinAsync(IConfiguration configuration, ILogger logger, CancellationToken ct)
    {
        if (configuration[StorageConnection.Setting]?.TrimEnd(';') != "UseDevelopmentStorage=true") return null;

        var options = new AzuriteOptions { Location = Path.GetFullPath(configuration["Azurite:Location"] ?? AzuriteProgram.DefaultLocation) };
        while (true)
        {
            if (await JoinAsync(options, logger, ct).ConfigureAwait(false) is { } hold) return hold;
            if (await IsForeignRunningAsync(options, logger, ct).ConfigureAwait(false)) return null;
            try
            {
                return await AzuriteProcess.StartAsync(options, logger, ct).ConfigureAwait(false);
            }
            catch (InvalidOperationException) when (AzuriteState.OfLiving(options.Location) is not null)
            {
                // Another process that started at the same moment was quicker.
            }
        }
    }

    /// <summary>Whether an Azurite that this app did not start listens at the ports.</summary>
    /// <exception cref="InvalidOperationException">Only some of the ports are taken; the message says what to do.</exception>
    public static async Task<bool> IsForeignRunningAsync(AzuriteOptions options, ILogger logger, CancellationToken ct)
    {
        List<int> taken = [], free = [];
        foreach (var port in options.Ports) (await AzuriteState.IsTakenAsync(port, ct).ConfigureAwait(false) ? taken : free).Add(port);
        if (taken.Count > 0 && free.Count > 0)
        {
            throw new InvalidOperationException(
                $"P{InWords(taken)} of 127.0.0.1 {(taken.Count == 1 ? "is" : "are")} taken but p{InWords(free)} {(free.Count == 1 ? "is" : "are")} not. "
                + "Either run Azurite with its blob, queue and table services, or end the program that has the port.");
        }
        if (free.Count == 0) AzuriteLog.UsingRunning(logger, options.BlobPort, options.QueuePort, options.TablePort);
        return free.Count == 0;
    }

    /// <summary>Joins the Azurite over the same folder, after waiting for one that is starting or ending.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="InvalidOperationException">It has other ports, or does not end.</exception>
    public static async Task<AzuriteHold?> JoinAsync(AzuriteOptions options, ILogger logger, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        for (var told = false; AzuriteState.OfLiving(options.Location) is { } other; await Task.Delay(50, ct).ConfigureAwait(false))
        {
            if (await AzuriteHold.TryTakeAsync(other, ct).ConfigureAwait(false) is { } hold)
            {
                if ((other.Blob, other.Queue, other.Table) == (options.BlobPort, options.QueuePort, options.TablePort))
                {
                    AzuriteLog.Joined(logger, other.Pid, options.Location);
                    return hold;
                }
                await hold.DisposeAsync().ConfigureAwait(false);
                throw new InvalidOperationException($"{options.Location} is in use by Azurite {other.Pid}, at other ports. Set Azurite:Location to another folder.");
            }
            if (!told) AzuriteLog.WaitingForOrphan(logger, other.Pid, options.Location);
            told = true;
            if (Stopwatch.GetElapsedTime(started) > options.StartTimeout)
            {
                throw new InvalidOperationException(
                    $"Azurite {other.Pid} has not finished with {options.Location} after {options.StartTimeout.TotalSeconds} s. End that process and start again.");
            }
        }
        return null;
    }

    private static string InWords(List<int> ports) => $"{(ports.Count == 1 ? "ort" : "orts")} {string.Join(" and ", ports)}";
}
