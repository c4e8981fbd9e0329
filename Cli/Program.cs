return await GanFunctions.Cli.GanCommandLine.RunAsync(args);
