using System.Reflection;
using System.Runtime.CompilerServices;

namespace GanFunctions.EmbeddedHost;

/// <summary>Where an app begins.</summary>
public class FunctionsApplication
{
    /// <summary>A builder for the app whose code calls this: its assembly is searched for functions.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) => new(args, Assembly.GetCallingAssembly());
}
