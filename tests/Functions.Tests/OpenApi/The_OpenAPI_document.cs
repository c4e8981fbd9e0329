using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using GanFunctions.Functions.OpenApi;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;

namespace GanFunctions.Functions.Tests.OpenApi;

[Collection(nameof(SharedApp))]
public sealed class The_OpenAPI_document(App app)
{
    private const string Unknown = "nonsense";
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_the_approved_one()
    {
        var received = (await ApiDocument.OfAsync(app.Http)).Text + "\n";
        var approved = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "openapi.approved.json"), Cancellation);
        if (received == approved) return;

        var file = Path.Combine(AppContext.BaseDirectory, "openapi.received.json");
        await File.WriteAllTextAsync(file, received, Cancellation);
        var (line, was, became) = Lines(approved).Zip(Lines(received))
            .Select((both, index) => (index + 1, both.First, both.Second)).First(each => each.First != each.Second);
        Assert.Fail(
            $"The document has changed: line {line} was\n{was}\nand is now\n{became}\nIf the change is intended, approve it: cp '{file}' docs/openapi.json");

        static IEnumerable<string> Lines(string text) => text.Split('\n').Append("");
    }

    [Fact]
    public async Task Is_valid()
    {
        var read = OpenApiDocument.Parse((await ApiDocument.OfAsync(app.Http)).Text, "json");

        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors.Concat(read.Diagnostic.Warnings).Select(problem => problem.ToString()));
    }

    [Fact]
    public async Task Has_every_call_of_the_app_and_no_other()
    {
        var document = await ApiDocument.OfAsync(app.Http);

        // Routes outside api/ belong to the page. HEAD is stated once for all GET calls, in the document's description.
        var functions =
            from method in typeof(GetOpenApi).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            from trigger in method.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).OfType<HttpTriggerAttribute>()
            where trigger.Route!.StartsWith("api/", StringComparison.Ordinal)
            from verb in trigger.Methods!
            where verb != "head"
            select $"{verb} /{trigger.Route} {method.GetCustomAttribute<FunctionAttribute>()!.Name} "
                + $"{(trigger.AuthLevel == AuthorizationLevel.Anonymous ? "for all" : "with a key")}";
        var documented = document.Operations.Select(operation =>
            $"{operation} {operation.Id} {(operation.Node["security"] is JsonArray { Count: 0 } ? "for all" : "with a key")}");
        Assert.Equal(functions.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Has_every_parameter_of_the_app_and_no_other()
    {
        var document = await ApiDocument.OfAsync(app.Http);
        foreach (var operation in document.Operations)
        {
            var documented = operation.Query.Select(parameter => (string)parameter["name"]!).Order(StringComparer.Ordinal).ToList();
            var said = !operation.Statuses.Contains("400")
                ? "anything"
                : documented.Count == 0 ? "there are none" : $"valid are {string.Join(", ", documented)}";

            Assert.Equal($"{operation}: {said}", $"{operation}: {await ValidAsync(operation)}");
        }

        async Task<string> ValidAsync(ApiOperation operation)
        {
            var problems = await AskAsync(operation, $"{operation.At()}?{Unknown}=1");
            return problems is null ? "anything" : ((string)problems[Unknown]![0]!)[$"{Unknown} is not a parameter here; ".Length..^1];
        }
    }

    [Fact]
    public async Task Has_the_bounds_of_the_app()
    {
        var (document, wrong, tried) = (await ApiDocument.OfAsync(app.Http), new List<string>(), 0);
        foreach (var operation in document.Operations)
        {
            foreach (var parameter in operation.Parameters)
            {
                var name = (string)parameter["name"]!;
                var (valid, invalid) = Bounds.Of(parameter["schema"]!);
                foreach (var (value, isValid) in valid.Select(value => (value, true)).Concat(invalid.Select(value => (value, false))))
                {
                    // The unknown parameter makes every call fail before it does anything.
                    var path = (string)parameter["in"]! == "path"
                        ? $"{(name == "block" ? operation.At(block: value) : operation.At(epoch: value))}?{Unknown}=1"
                        : $"{operation.At()}?{Unknown}=1&{name}={value}{Beside(operation, name)}";
                    var problems = await AskAsync(operation, path);
                    if (problems!.ContainsKey(name) == isValid) wrong.Add($"{operation} {(isValid ? "rejects" : "accepts")} {name}={value}");
                    tried++;
                }
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(tried > 300, $"tried only {tried} values");

        // Only one of the two formats has this parameter.
        static string Beside(ApiOperation operation, string name) => (operation.Id, name) == ("DownloadGenerator", "weights") ? "&format=onnx" : "";
    }

    [Fact]
    public async Task Has_examples_and_defaults_that_are_valid()
    {
        var document = await ApiDocument.OfAsync(app.Http);
        var examples = document.Examples().ToList();
        var wrong = examples
            .SelectMany(example => document.ProblemsOf(example.Schema, example.Value).Select(problem => $"{example.Where}: {problem}"))
            .ToList();

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(examples.Count > 150, $"found only {examples.Count} examples");
    }

    [Fact]
    public async Task Has_an_example_of_every_body_with_a_schema()
    {
        var document = await ApiDocument.OfAsync(app.Http);

        var bodies = document.Operations
            .SelectMany(operation => operation.Node["responses"]!.AsObject()
                .Select(response => response.Value!["content"]).Append(operation.Node["requestBody"]?["content"]))
            .OfType<JsonObject>().SelectMany(content => content).Where(media => media.Value!["schema"] is not null && media.Key != "multipart/form-data");
        Assert.All(bodies, media => Assert.NotNull(media.Value!["example"]));
    }

    [Fact]
    public async Task Has_a_server_address_that_works_below_a_path()
    {
        var server = (string)JsonNode.Parse((await ApiDocument.OfAsync(app.Http)).Text)!["servers"]![0]!["url"]!;

        Assert.Equal(new Uri("https://example.com/gan/api/runs"), new Uri(new Uri("https://example.com/gan/api/openapi.json"), $"{server}/api/runs"));
    }

    /// <summary>The problems that the app reports; null if it reports none.</summary>
    private async Task<JsonObject?> AskAsync(ApiOperation operation, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), path);
        if (operation.Node["requestBody"] is not null) request.Content = new StringContent("""{"epochs": 1}""");
        using var answer = await app.Http.SendAsync(request, Cancellation);
        return answer.StatusCode == HttpStatusCode.BadRequest ? (await answer.ReadAsync())["errors"]!.AsObject() : null;
    }
}
