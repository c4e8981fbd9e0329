using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace GanFunctions.Core.Training;

/// <summary>
/// Runs training on a dedicated thread, so that it neither blocks the thread pool nor starves the work that keeps the run alive, such as
/// lease renewal.
/// </summary>
internal static partial class TrainingThread
{
    // The maximum is 19. 5 is enough to give lease renewal and HTTP precedence; at 10, training on a busy desktop ran at a tenth of its
    // speed.
    private const int Niceness = 5;

    /// <summary>Runs <paramref name="work"/> with <paramref name="threads"/> torch threads and returns its result.</summary>
    public static Task<T> RunAsync<T>(int threads, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                // torch's worker threads are started by this thread and inherit its nice value. .NET thread priorities have no effect on
                // Linux.
                if (OperatingSystem.IsLinux()) _ = SetPriority(which: 0, who: 0, Niceness);
                // A thread's first get_num_threads adopts the count that another thread set last, so call it before setting.
                _ = get_num_threads();
                set_num_threads(threads); // for this thread only
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

    /// <summary>setpriority(2). On Linux, a "who" of 0 means the calling thread.</summary>
    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
