using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace GanFunctions.Core.Training;

/// <summary>Runs the training on a thread of its own, so that it neither blocks the pool nor starves what keeps the run alive.</summary>
internal static partial class TrainingThread
{
    // Out of 19. Enough for lease renewal and HTTP to go first; at 10 a busy desktop starved the training to a tenth of its speed.
    private const int Niceness = 5;

    /// <summary>Runs <paramref name="work"/> with <paramref name="threads"/> threads and returns what it returns.</summary>
    public static Task<T> RunAsync<T>(int threads, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                // torch's workers are started by this thread and inherit its nice value; a .NET priority does nothing on Linux.
                if (OperatingSystem.IsLinux()) _ = SetPriority(which: 0, who: 0, Niceness);
                _ = get_num_threads();    // a thread's first question takes over what another one set last: ask before, not after
                set_num_threads(threads); // holds for this thread only
                done.SetResult(work());
            }
            catch (Exception problem)
            {
                done.SetException(problem);
            }
        })
        { IsBackground = true, Name = "training" };
        thread.Start();
        return done.Task;
    }

    /// <summary>setpriority(2); on Linux "who" 0 means the calling thread.</summary>
    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
