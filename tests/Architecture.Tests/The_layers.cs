using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using GanFunctions.Cli;
using GanFunctions.Core.Runs;
using GanFunctions.EmbeddedHost;
using Assembly = System.Reflection.Assembly;

namespace GanFunctions.Architecture.Tests;

public sealed class The_layers
{
    /// <summary>The namespaces of Core, lowest first. Each may use those above it in this list, and none below it.</summary>
    private static readonly string[] Core =
    [
        "Memory", "Network", "Storage", "Pictures", "Model", "Data.Digits", "Data", "Data.Uploads", "Training", "Sampling", "Quality", "Checkpoints",
        "Projections", "Losses", "Runs", "Sweeps", "Export", "Archives",
    ];

    private static readonly Assembly Functions = Assembly.Load("GanFunctions.Functions");

    private static readonly Lazy<ArchUnitNET.Domain.Architecture> Loaded = new(() => new ArchLoader()
        .LoadAssemblies(typeof(RunStore).Assembly, Functions, typeof(EmbeddedApplication).Assembly, typeof(GanCommandLine).Assembly).Build());

    [Fact]
    public void Of_Core_depend_downwards_only()
    {
        var upward =
            from type in Loaded.Value.Types
            let layer = LayerOf(type)
            where layer is not null
            from used in type.Dependencies.Select(dependency => dependency.Target).Distinct()
            let usedLayer = LayerOf(used)
            where usedLayer > layer
            select $"{type.FullName} uses {used.FullName}";

        Violations.AssertNone(upward.Distinct().Order());
    }

    [Fact]
    public void Of_Core_are_all_in_the_list()
    {
        var names = Loaded.Value.Types.Select(type => Below(type, "GanFunctions.Core")).OfType<string>().Where(name => !IsGenerated(name)).Distinct();

        Assert.Equal(Core.Order(), names.Order());
    }

    [Fact]
    public void Of_Core_reference_neither_the_web_nor_Functions_nor_durable_orchestrations()
    {
        string[] foreign =
        [
            "Microsoft.AspNetCore", "Microsoft.Azure.Functions", "Microsoft.DurableTask", "DurableTask",
            "GanFunctions.Functions", "GanFunctions.EmbeddedHost",
        ];

        var references = typeof(RunStore).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

        Assert.DoesNotContain(references, reference => foreign.Any(name => reference.StartsWith(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void Of_the_command_line_know_the_app_by_its_HTTP_API_only()
    {
        var references = typeof(GanCommandLine).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

        Assert.All(references, reference => Assert.True(
            reference is "Spectre.Console" or "Spectre.Console.Ansi" or "System.CommandLine" || IsOfNet(reference), reference));

        static bool IsOfNet(string name) => File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, $"{name}.dll"));
    }

    [Theory]
    [InlineData("GanFunctions.Cli")]
    [InlineData("GanFunctions.Functions")]
    [InlineData("GanFunctions.EmbeddedHost")]
    public void Below_a_namespace_form_no_cycle(string parent)
    {
        var uses = (
            from type in Loaded.Value.Types
            let user = Below(type, parent)
            where user is not null
            from target in type.Dependencies.Select(dependency => dependency.Target).Distinct()
            let used = Below(target, parent)
            where used is not null && used != user
            select (From: user, To: used, Words: $"{type.FullName} uses {target.FullName}")).ToList();
        var next = uses.ToLookup(use => use.From, use => use.To);

        Violations.AssertNone(uses.Where(use => Reaches(use.To, use.From, [])).Select(use => use.Words).Distinct().Order());

        bool Reaches(string from, string to, HashSet<string> seen) =>
            from == to || (seen.Add(from) && next[from].Any(step => Reaches(step, to, seen)));
    }

    private static int? LayerOf(IType type) => Below(type, "GanFunctions.Core") is { } name && Array.IndexOf(Core, name) is >= 0 and var layer ? layer : null;

    private static string? Below(IType type, string parent) => type.Namespace?.FullName is { } name && name.StartsWith(parent + ".", StringComparison.Ordinal)
        ? name[(parent.Length + 1)..]
        : null;

    // Protocol buffers.
    private static bool IsGenerated(string name) =>
        name.StartsWith("Model.Onnx", StringComparison.Ordinal) || name.StartsWith("Export.TensorBoard", StringComparison.Ordinal);
}
