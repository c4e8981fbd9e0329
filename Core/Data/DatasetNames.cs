using System.Text.RegularExpressions;
using GanFunctions.Core.Data.Digits;

namespace GanFunctions.Core.Data;

internal static partial class DatasetNames
{
    public static bool IsValid(string name) => Pattern().IsMatch(name);

    /// <exception cref="DatasetNameException">Nothing can be stored or removed under this name.</exception>
    public static void CheckWritable(string name)
    {
        if (!IsValid(name)) throw new DatasetNameException(name, "is no name for a data set: valid are 1 to 40 of a-z, 0-9 and -");
        if (name == DrawnDigits.Name)
            throw new DatasetNameException(name, "is built in and can be neither replaced nor removed: choose another name");
    }

    [GeneratedRegex(@"\A[a-z0-9-]{1,40}\z")]
    private static partial Regex Pattern();
}
