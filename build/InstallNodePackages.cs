using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Runs "npm ci" in a folder, one build at a time. The output of npm is shown only if it fails, because its warnings must not become build
/// warnings.
/// </summary>
public class InstallNodePackages : Task
{
    /// <summary>How to build without these packages, as a sentence for the error message; empty if that is impossible.</summary>
    public string Otherwise { get; set; } = "";

    /// <summary>Name of the packages, for the log.</summary>
    [Required]
    public string What { get; set; } = "";

    [Required]
    public string Folder { get; set; } = "";

    [Required]
    public string Stamp { get; set; } = "";

    [Required]
    public string LockFile { get; set; } = "";

    public override bool Execute()
    {
        using (WaitForOtherBuilds())
        {
            // Another build may have installed them in the meantime.
            if (!File.Exists(Stamp) || File.GetLastWriteTimeUtc(Stamp) < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
            {
                RunNpm();
            }
        }
        return !Log.HasLoggedErrors;
    }

    private void RunNpm()
    {
        const string Command = "ci --ignore-scripts --no-audit --no-fund --loglevel=error";
        var windows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);
        Log.LogMessage(MessageImportance.High, "Installing {0} into {1}", What, Folder);
        try
        {
            using var npm = Process.Start(new ProcessStartInfo(windows ? "cmd" : "npm", windows ? "/d /c npm " + Command : Command)
            {
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            var errors = npm.StandardError.ReadToEndAsync();
            var output = npm.StandardOutput.ReadToEnd();
            npm.WaitForExit();
            if (npm.ExitCode != 0)
            {
                Log.LogError("'npm {0}' in {1} exited with code {2}. Node.js 20 or later with npm is required. {3}\n{4}{5}",
                    Command, Folder, npm.ExitCode, Otherwise, errors.Result, output);
            }
        }
        catch (Win32Exception)
        {
            Log.LogError("npm was not found. Install Node.js 20 or later, which includes npm, and add it to the PATH. {0}", Otherwise);
        }
    }

    private FileStream WaitForOtherBuilds()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < 1200)
            {
                Thread.Sleep(250);
            }
        }
    }
}
