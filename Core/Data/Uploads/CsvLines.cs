using nietras.SeparatedValues;

namespace GanFunctions.Core.Data.Uploads;

/// <summary>Line numbers of CSV files, for messages.</summary>
internal static class CsvLines
{
    /// <summary>The line on which a row begins, from 1. Sep 0.17 numbers the first row of a file without a header 2, like the one after it.</summary>
    public static int Line(this SepReader.Row row) => row.RowIndex == 0 ? 1 : row.LineNumberFrom;
}
