namespace GanFunctions.Cli.Commands;

/// <summary>The exit codes of all commands; docs/cli.md lists them.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>The app refused the call, or the run failed or was cancelled.</summary>
    public const int Failed = 1;

    /// <summary>The command line is not valid, or the app refused its values.</summary>
    public const int Usage = 2;

    /// <summary>The app does not answer.</summary>
    public const int Unreachable = 3;

    /// <summary>The function key is missing or wrong.</summary>
    public const int Unauthorised = 4;

    /// <summary>There is no such run or data set, or no pictures yet.</summary>
    public const int NotFound = 5;

    /// <summary>Ctrl+C, as shells report it.</summary>
    public const int Interrupted = 130;
}
