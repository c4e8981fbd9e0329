namespace GanFunctions.Core.Training;

/// <summary>
/// A run cannot go on as it is, and would not on another try either. An activity answers it as a result: what a host tells an
/// orchestration of an exception's type differs from version to version.
/// </summary>
public class RefusedException(string message) : Exception(message);
