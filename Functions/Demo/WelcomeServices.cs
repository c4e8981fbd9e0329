namespace GanFunctions.Functions.Demo;

/// <summary>What a person at the terminal sees after the start.</summary>
public static class WelcomeServices
{
    /// <summary>Registers the demo when the first argument says so, else a word on what to try. Nothing on a host without addresses of its own.</summary>
    public static IServiceCollection AddWelcomeOrDemo(this IServiceCollection services, string[] args)
    {
        services.AddSingleton<OwnAddress>();
        return args is ["demo", ..] ? services.AddHostedService<DemoRun>() : services.AddHostedService<Welcome>();
    }
}
