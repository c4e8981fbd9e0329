namespace GanFunctions.Functions.Page;

/// <summary>The web page.</summary>
public static class PageServices
{
    /// <summary>Registers the page's files.</summary>
    public static IServiceCollection AddPage(this IServiceCollection services) => services.AddSingleton<PageFiles>();
}
