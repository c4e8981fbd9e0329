using Spectre.Console;
using Spectre.Console.Rendering;

namespace GanFunctions.Cli.Display;

/// <summary>Where a command writes what people read: standard output, or standard error if the output is for programs.</summary>
public sealed class Screen
{
    private const int WidthOfFiles = 160; // a redirected table does not wrap

    private Screen(TextWriter writer)
    {
        Terminal = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(writer) });
        if (!IsTerminal) Terminal.Profile.Width = WidthOfFiles;
    }

    /// <summary>Standard output.</summary>
    public static Screen Output { get; } = new(Console.Out);

    /// <summary>Standard error.</summary>
    public static Screen Error { get; } = new(Console.Error);

    /// <summary>Whether a person looks at it, so that it can be redrawn.</summary>
    public bool IsTerminal => Terminal.Profile.Out.IsTerminal;

    /// <summary>Draws tables and live displays.</summary>
    public IAnsiConsole Terminal { get; }

    /// <summary>Writes a line as it is.</summary>
    public void WriteLine(string text) => Terminal.Profile.Out.Writer.WriteLine(text);

    /// <summary>Writes a table or the like.</summary>
    public void Write(IRenderable content) => Terminal.Write(content);
}
