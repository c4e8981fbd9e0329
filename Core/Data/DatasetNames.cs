using GanFunctions.Core.Data.Digits;
using GanFunctions.Core.Storage;


namespace GanFunctions.Core.Data;

internal static class DatasetNames
{
    /// <exception cref="DatasetNameException">Nothing can be stored or removed under this name.</exception>
    public static void CheckWritable(string name)
    {
        if (!ResourceId.IsValid(name)) throw new DatasetNameException(name, "is no name for a data set: valid are 1 to 40 of a-z, 0-9 and -");
        if (name == DrawnDigits.Name)
            throw new DatasetNameException(name, "is built in and can be neither replaced nor removed: choose another name");
    }
}
