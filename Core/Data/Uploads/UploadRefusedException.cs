namespace GanFunctions.Core.Data.Uploads;

/// <summary>An upload cannot become a data set. The message names what was found and what is valid.</summary>
/// <param name="file">The file or the part, as its sender knows it.</param>
/// <param name="found">What is wrong with it.</param>
/// <param name="valid">What is valid instead.</param>
/// <param name="inner">What was thrown below, if anything was.</param>
public sealed class UploadRefusedException(string file, string found, string valid, Exception? inner = null)
    : FormatException($"{file}: {found}. Valid is {valid}.", inner);
