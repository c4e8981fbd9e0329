using System.Text.Json.Nodes;
using GanFunctions.TestKit;

namespace GanFunctions.Infra.Tests;

public sealed class The_package_for_Azure
{
    private static readonly string Root = Path.GetDirectoryName(Bicep.Folder)!;

    [Fact]
    public async Task Has_every_function_and_all_files_that_they_read()
    {
        Soak.Only("half a minute");
        var folder = Directory.CreateTempSubdirectory("gan-functions-package-");
        try
        {
            await Tool.RunAsync("dotnet", Root, "publish", "Functions", "--configuration", "Release", "--output", folder.FullName, "-nodeReuse:false");

            var functions = (await ReadAsync(Path.Combine(folder.FullName, "functions.metadata"))).AsArray();
            Assert.Equal(await CallsOfTheContractAsync(), Calls(functions).Where(call => call.Contains(" /api/", StringComparison.Ordinal)).ToHashSet());
            Assert.Equal(
                ["/page/{*path}", "/{ignored:maxlength(0)?}"],
                Calls(functions).Select(call => call.Split(' ')[1]).Where(path => !path.StartsWith("/api/", StringComparison.Ordinal)).Distinct().Order());
            Assert.Equal(["RunSweep", "RunTrial", "TrainGan"], Names(functions, "orchestrationTrigger"));
            Assert.Equal(["BeginSweep", "CheckTrial", "EndSweep", "MergeShards", "StartTrial", "TrainShard", "TrainSlice"], Names(functions, "activityTrigger"));
            Assert.Equal(["DoShortWork"], Names(functions, "queueTrigger"));
            string[] needed =
            [
                "host.json", ".azurefunctions/System.Memory.Data.dll", "libtorch_cpu.so", "libLibTorchSharp.so", "libvips.so.42",
                "GanFunctions.Core.xml", "GanFunctions.Functions.xml", "wwwroot/index.html",
                "wwwroot/lib/lit-html/lit-html.js", "wwwroot/lib/uplot/dist/uPlot.esm.js", "wwwroot/lib/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
            ];
            Assert.All(needed, file => Assert.True(File.Exists(Path.Combine(folder.FullName, file)), file));
            Assert.Contains(
                "DurableTask",
                (await ReadAsync(Path.Combine(folder.FullName, "extensions.json")))["extensions"]!.AsArray().Select(each => (string)each!["name"]!));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<HashSet<string>> CallsOfTheContractAsync() =>
        [.. from path in (await ReadAsync(Path.Combine(Root, "docs", "openapi.json")))["paths"]!.AsObject()
            from operation in path.Value!.AsObject()
            where operation.Key is "get" or "post" or "put" or "delete"
            from method in operation.Key == "get" ? ["GET", "HEAD"] : new[] { operation.Key.ToUpperInvariant() } // as the document's description says
            select $"{method} {path.Key}"];

    private static IEnumerable<string> Calls(JsonArray functions) =>
        from function in functions
        from trigger in Triggers(function!, "httpTrigger")
        from method in trigger["methods"]!.AsArray()
        select $"{((string)method!).ToUpperInvariant()} /{trigger["route"]}";

    private static IEnumerable<string> Names(JsonArray functions, string type) =>
        functions.Where(function => Triggers(function!, type).Any()).Select(function => (string)function!["name"]!).Order();

    private static IEnumerable<JsonNode> Triggers(JsonNode function, string type) =>
        function["bindings"]!.AsArray().Where(binding => (string)binding!["type"]! == type).Select(binding => binding!);

    private static async Task<JsonNode> ReadAsync(string path) => JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!;
}
