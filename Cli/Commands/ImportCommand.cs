using System.CommandLine;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using GanFunctions.Cli.Api;
using GanFunctions.Cli.Training;

namespace GanFunctions.Cli.Commands;

/// <summary><c>import</c>: creates a run from an archive that <c>pull &lt;run&gt; archive</c> downloaded, from this or another app.</summary>
internal static class ImportCommand
{
    private const string RunFile = "run.json";

    /// <summary>The command.</summary>
    public static Command Create(AppOptions app)
    {
        var file = new Argument<string>("file") { Description = "An archive from 'pull <run> archive'" };
        var id = new Option<string>("--run") { Description = "Id of the new run [default: that of the exported run]", HelpName = "id" };
        var command = new Command("import", "Create a run from an archive") { file, id };
        command.SetAction(app.Action(async (call, cancellation) =>
        {
            var archive = call.Value(file);
            var run = call.Value(id) ?? IdIn(archive);
            var imported = await SendAsync(call.Api, $"api/runs/{Uri.EscapeDataString(run)}", archive, cancellation);
            if (call.IsJson) Call.WriteJson(imported);
            else call.Screen.WriteLine($"Run '{run}' is imported, {RunInfo.Of(imported).State}; see {call.Api.PageOf(run)}");
            return ExitCode.Ok;
        }));
        return command;
    }

    private static async Task<JsonObject> SendAsync(AppClient api, string root, string file, CancellationToken cancellation)
    {
        await using var content = File.OpenRead(file);
        if (content.Length <= BlockUpload.MaxWhole)
        {
            using var body = new StreamContent(content);
            return (await api.UploadAsync($"{root}/import", body, cancellation))!;
        }
        var upload = Guid.NewGuid().ToString("N");
        await using var blocks = new BlockUpload(api, $"{root}/uploads/{upload}");
        await content.CopyToAsync(blocks, cancellation);
        await blocks.CompleteAsync(cancellation);
        return (await api.UploadAsync($"{root}/import?upload={upload}&blocks={blocks.Blocks}", content: null, cancellation))!;
    }

    private static string IdIn(string archive)
    {
        try
        {
            using var zip = ZipFile.OpenRead(archive);
            if (zip.GetEntry(RunFile) is { } entry)
            {
                using var stream = entry.Open();
                if (JsonNode.Parse(stream)?["run"] is JsonValue value && value.TryGetValue<string>(out var run)) return run;
            }
        }
        catch (Exception damage) when (damage is InvalidDataException or JsonException)
        {
            // The message is the same.
        }
        throw new InvalidOperationException($"'{archive}' is not the archive of a run.");
    }
}
