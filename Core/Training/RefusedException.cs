namespace GanFunctions.Core.Training;

/// <summary>A run cannot go on as it is, and would not on another try either.</summary>
public class RefusedException(string message) : Exception(message);
