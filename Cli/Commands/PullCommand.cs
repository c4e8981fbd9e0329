using System.CommandLine;
using System.Text.Json.Nodes;

namespace GanFunctions.Cli.Commands;

/// <summary><c>pull</c>: downloads what a run has made.</summary>
internal static class PullCommand
{
    private const string Pictures = "pictures", Generator = "generator", Grid = "grid", Losses = "losses", Timelapse = "timelapse", Archive = "archive";

    /// <summary>The options that the calls know, by what is pulled.</summary>
    private static readonly Dictionary<string, string[]> Known = new()
    {
        [Pictures] = ["epoch", "count", "seed", "columns", "scale", "weights", "truncation", "label", "format"],
        [Generator] = ["epoch", "weights", "format"],
        [Grid] = ["epoch", "scale"],
        [Losses] = ["format"],
        [Timelapse] = ["format"],
        [Archive] = ["checkpoints", "grids"],
    };

    /// <summary>The command.</summary>
    public static Command Create(AppOptions app)
    {
        var run = RunCommands.RunArgument(app);
        var what = new Argument<string>("what")
        {
            Description = $"{string.Join(", ", Known.Keys.SkipLast(1))} or {Archive}",
            DefaultValueFactory = _ => Pictures,
        };
        what.AcceptOnlyFromAmong([.. Known.Keys]);
        var output = new Option<string>("--output", "-o") { Description = "File to write; - is standard output [default: a name such as samples.png]", HelpName = "file" };
        var options = new Dictionary<string, Option<string>>
        {
            ["epoch"] = new("--epoch") { Description = "An epoch, latest or best", HelpName = "epoch", CompletionSources = { "latest", "best" } },
            ["count"] = new("--count") { Description = "Number of pictures", HelpName = "number" },
            ["seed"] = new("--seed") { Description = "Seed of the noise", HelpName = "number" },
            ["columns"] = new("--columns") { Description = "Pictures per row", HelpName = "number" },
            ["scale"] = new("--scale") { Description = "Enlarges each pixel", HelpName = "number" },
            ["weights"] = new("--weights") { Description = "ema (the moving average) or raw", HelpName = "weights", CompletionSources = { "ema", "raw" } },
            ["truncation"] = new("--truncation") { Description = "Factor of the noise, 0 to 1", HelpName = "number" },
            ["label"] = new("--label") { Description = "The class to draw, if the run is conditional", HelpName = "class" },
            ["format"] = new("--format")
            {
                Description = "Format of the file [default: by the extension of --output]",
                HelpName = "format",
                CompletionSources = { "png", "webp", "jpeg", "zip", "npy", "gif", "svg", "csv", "json", "safetensors", "onnx" },
            },
            ["checkpoints"] = new("--checkpoints")
            {
                Description = "Checkpoints in the archive: latest or all",
                HelpName = "which",
                CompletionSources = { "latest", "all" },
            },
            ["grids"] = new("--grids")
            {
                Description = "Whether the archive has sample grids [default: true]",
                HelpName = "true|false",
                CompletionSources = { "true", "false" },
            },
        };
        var command = new Command("pull", "Download pictures, the generator or the losses of a run, or all of it as an archive") { run, what, output };
        foreach (var option in options.Values) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(what) is not { } chosen || !Known.TryGetValue(chosen, out var known)) return;
            var unknown = options.Where(option => result.GetResult(option.Value) is { Implicit: false } && !known.Contains(option.Key)).ToList();
            if (unknown.Count > 0)
                result.AddError($"--{string.Join(", --", unknown.Select(each => each.Key))} has no meaning for {chosen}; valid are --{string.Join(", --", known)}.");
        });
        command.SetAction(app.Action(async (call, cancellation) =>
        {
            var given = options.Select(option => (option.Key, Value: call.Value(option.Value))).Where(each => each.Value is not null)
                .ToDictionary(each => each.Key, each => each.Value!);
            var (path, name) = Request(call.Value(run), call.Value(what), call.Value(output), given);
            using var response = await call.Api.OpenAsync(path, cancellation);
            await using var content = await response.Content.ReadAsStreamAsync(cancellation);
            if (name == "-")
            {
                await using var standard = Console.OpenStandardOutput();
                await content.CopyToAsync(standard, cancellation);
                return ExitCode.Ok;
            }
            var file = Path.GetFullPath(name);
            await WriteAsync(content, file, cancellation);
            if (call.IsJson) Call.WriteJson(new JsonObject { ["run"] = call.Value(run), ["file"] = file, ["bytes"] = new FileInfo(file).Length });
            else call.Screen.WriteLine(file);
            return ExitCode.Ok;
        }));
        return command;
    }

    /// <summary>The path of the call, and the file to write.</summary>
    private static (string Path, string File) Request(string run, string what, string? output, Dictionary<string, string> given)
    {
        var root = $"api/runs/{Uri.EscapeDataString(run)}";
        var extension = Path.GetExtension(output)?.TrimStart('.').ToLowerInvariant();
        if (!given.ContainsKey("format") && what is not (Grid or Archive) && FormatOf(extension) is { } format && FormatsOf(what).Contains(format))
            given["format"] = format;
        var formatGiven = given.GetValueOrDefault("format");
        var epoch = "latest";
        if (what is Generator or Grid && given.Remove("epoch", out var chosen)) epoch = chosen;
        var (path, name, standard) = what switch
        {
            Generator => ($"{root}/checkpoints/{Uri.EscapeDataString(epoch)}/generator", run, "safetensors"),
            Grid => ($"{root}/grids/{Uri.EscapeDataString(epoch)}", "grid", "png"),
            Losses => ($"{root}/losses", Losses, "csv"),
            Timelapse => ($"{root}/timelapse", Timelapse, "gif"),
            Archive => ($"{root}/export", run, "zip"),
            _ => ($"{root}/samples", "samples", "png"),
        };
        if (what == Losses) given.TryAdd("format", standard);
        var query = string.Join('&', given.Select(each => $"{each.Key}={Uri.EscapeDataString(each.Value)}"));
        return (query.Length == 0 ? path : $"{path}?{query}", output ?? $"{name}.{formatGiven ?? standard}");
    }

    private static string? FormatOf(string? extension) => extension is "jpg" ? "jpeg" : extension;

    private static string[] FormatsOf(string what) => what switch
    {
        Generator => ["safetensors", "onnx"],
        Losses => ["json", "csv", "png", "svg"],
        Timelapse => ["gif", "webp"],
        _ => ["png", "webp", "jpeg", "zip", "npy"],
    };

    // A download that breaks off leaves no file that looks whole.
    private static async Task WriteAsync(Stream content, string file, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var partial = $"{file}.partial";
        try
        {
            await using (var stream = File.Create(partial)) await content.CopyToAsync(stream, cancellation);
            File.Move(partial, file, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
