namespace GanFunctions.EmbeddedHost;

public static class FunctionsApplicationBuilderAspNetCoreExtensions
{
    /// <summary>HTTP functions take HttpRequest and return IResult. Here they always do; the Azure Functions host has to be told.</summary>
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder) => builder;
}
