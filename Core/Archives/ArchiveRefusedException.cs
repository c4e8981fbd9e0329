namespace GanFunctions.Core.Archives;

/// <summary>An archive cannot be imported. Nothing of it was stored.</summary>
/// <param name="message">The file, and what is wrong with it.</param>
/// <param name="inner">The exception that caused this one, if any.</param>
public sealed class ArchiveRefusedException(string message, Exception? inner = null) : Exception(message, inner);
