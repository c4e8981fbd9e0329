using System.CommandLine;
using GanFunctions.Cli.Display;

namespace GanFunctions.Cli.Commands;

/// <summary><c>completion</c>: prints the script that makes a shell complete the command line. The shell asks <c>gan [suggest:position] "line"</c>.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            # eval "$(gan completion bash)"
            _gan() {
              local IFS=$'\n'
              COMPREPLY=($(gan "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null))
            }
            complete -o default -F _gan gan
            """,
        ["zsh"] = """
            # eval "$(gan completion zsh)"
            _gan() {
              local -a words_found
              words_found=("${(@f)$(gan "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
              compadd -- ${words_found:#}
              _files
            }
            compdef _gan gan
            """,
        ["fish"] = """
            # gan completion fish | source
            function __gan_complete
                gan "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null
            end
            complete -c gan -a '(__gan_complete)'
            """,
        ["pwsh"] = """
            # gan completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName gan -ScriptBlock {
              param($word, $line, $position)
              gan "[suggest:$position]" "$line" 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
            }
            """,
    };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = string.Join(", ", Scripts.Keys) };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Print the script that completes commands in a shell") { shell };
        command.SetAction(parsed =>
        {
            Screen.Output.WriteLine(Scripts[parsed.GetRequiredValue(shell)]);
            return ExitCode.Ok;
        });
        return command;
    }
}
