using NetVips;

namespace GanFunctions.Core.Pictures;

/// <summary>How libvips works in this process.</summary>
public static class VipsSettings
{
    private static readonly Log.LogDelegate Silence = (_, _, _) => { };
    private static uint? _silenced;

    /// <summary>
    /// One thread for each picture, since there are many and they are small, and no cache of operations: no picture is asked for twice, and
    /// what it keeps of those that were is memory that looks like a leak. No loader that is not hardened against hostile files, but for that of
    /// SVG, which charts are drawn with: no uploaded file comes near it (<see cref="PictureDecoder"/>).
    /// </summary>
    public static void Apply()
    {
        NetVips.NetVips.Concurrency = 1;
        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoadSvg", false);
        _silenced ??= Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, Silence); // what it says of damaged pictures comes as an exception too
        (Cache.Max, Cache.MaxMem, Cache.MaxFiles) = (0, 0, 0);
    }
}
