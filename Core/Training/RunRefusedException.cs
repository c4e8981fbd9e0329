namespace GanFunctions.Core.Training;

/// <summary>A run cannot continue because of its options, its data or its stored state. Another attempt would fail as well.</summary>
public sealed class RunRefusedException(string message) : Exception(message);
