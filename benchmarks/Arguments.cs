namespace GanFunctions.Benchmarks;

/// <summary>Command-line arguments of the step benchmark.</summary>
internal sealed record Arguments(int Rounds, int Batch, int Threads, string? Json)
{
    private const string Usage = """
        usage: dotnet run -c Release --project benchmarks -- [--rounds 6] [--batch 128] [--threads <processors>] [--json <file>]
        """;

    /// <summary>Parses the command line. If it is not valid, prints the usage to standard error and returns null.</summary>
    public static Arguments? Parse(string[] args)
    {
        var parsed = new Arguments(6, 128, Environment.ProcessorCount, null);
        for (var index = 0; index < args.Length; index += 2)
        {
            var value = index + 1 < args.Length ? args[index + 1] : "";
            var number = int.TryParse(value, out var given) && given > 0 ? given : 0;
            parsed = (args[index], number) switch
            {
                ("--rounds", > 0) => parsed with { Rounds = number },
                ("--batch", > 1) => parsed with { Batch = number },
                ("--threads", > 0) => parsed with { Threads = number },
                ("--json", _) when value.Length > 0 => parsed with { Json = value },
                _ => null,
            };
            if (parsed is not null) continue;
            Console.Error.WriteLine($"'{args[index]} {value}' is not valid.\n{Usage}");
            return null;
        }
        return parsed;
    }
}
