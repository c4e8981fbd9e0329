using System.Text.Json.Nodes;

namespace GanFunctions.Infra.Tests;

public sealed class The_templates
{
    [Fact]
    public async Task Build_without_a_warning() => Assert.Empty((await Bicep.BuildAsync()).Messages);

    [Fact]
    public async Task Lint_without_a_warning()
    {
        var (output, messages) = await Bicep.RunAsync("lint", "main.bicep");
        Assert.Empty(output + messages);
    }

    [Fact]
    public async Task Get_all_parameters_that_they_require()
    {
        var (template, _) = await Bicep.BuildAsync();
        var declared = template["parameters"]!.AsObject();
        var required = declared.Where(parameter => parameter.Value!["defaultValue"] is null).Select(parameter => parameter.Key);
        var file = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Bicep.Folder, "main.parameters.json"), TestContext.Current.CancellationToken))!;
        var given = file["parameters"]!.AsObject().Select(parameter => parameter.Key);
        Assert.Equal(required.Order(), given.Order());
    }

    [Fact]
    public async Task Use_identities_instead_of_keys()
    {
        var (template, _) = await Bicep.BuildAsync();
        Assert.False((bool)Assert.Single(Bicep.Resources(template, "Microsoft.Storage/storageAccounts"))["properties"]!["allowSharedKeyAccess"]!);
        Assert.True((bool)Assert.Single(Bicep.Resources(template, "Microsoft.Insights/components"))["properties"]!["DisableLocalAuth"]!);
        var settings = Assert.Single(Bicep.Resources(template, "Microsoft.Web/sites/config"))["properties"]!.AsObject();
        Assert.DoesNotContain("AzureWebJobsStorage", settings.Select(setting => setting.Key));
        Assert.Equal("managedidentity", (string)settings["AzureWebJobsStorage__credential"]!);
    }

    [Fact]
    public async Task Keep_an_instance_warm_that_has_two_processors()
    {
        var (template, _) = await Bicep.BuildAsync();
        var app = Assert.Single(Bicep.Resources(template, "Microsoft.Web/sites"))["properties"]!["functionAppConfig"]!;
        Assert.Equal("dotnet-isolated", (string)app["runtime"]!["name"]!);
        Assert.Equal("10.0", (string)app["runtime"]!["version"]!);
        Assert.Equal(4096, (int)app["scaleAndConcurrency"]!["instanceMemoryMB"]!);
        Assert.Contains("durable", app["scaleAndConcurrency"]!["alwaysReady"]!.ToJsonString());
    }
}
