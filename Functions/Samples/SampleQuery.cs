using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GanFunctions.Functions.Http;

namespace GanFunctions.Functions.Samples;

/// <summary>Which pictures are asked for.</summary>
/// <param name="Count">Pictures, 1 to 1024.</param>
/// <param name="Seed">Which noise; null is the run's own seed.</param>
/// <param name="Epoch">Of which epoch; null is the latest checkpoint, or the best epoch.</param>
/// <param name="Best">Of the epoch with the lowest Fréchet distance.</param>
/// <param name="Label">What they are to show, where the run is conditional; null shows each label in turn.</param>
/// <param name="Raw">Drawn with the weights of the last step, not with their moving average.</param>
/// <param name="Columns">Pictures in a row.</param>
/// <param name="Scale">Each pixel becomes a square of this side.</param>
public sealed record SampleQuery(int Count, long? Seed, int? Epoch, bool Best, int? Label, bool Raw, int Columns, int Scale)
{
    private const string Latest = "latest";
    private const string BestWord = "best";
    private const int EncoderVersion = 2; // to be raised when the same pictures come out as other bytes

    /// <summary>Reads the query parameters.</summary>
    public static (SampleQuery Query, IResult? Wrong) Read(IQueryCollection parameters)
    {
        var query = new QueryReader(parameters);
        var count = (int)query.WholeNumber("count", 1, 1024, otherwise: 64);
        var seed = query.WholeNumber("seed", 0, 9_007_199_254_740_991, otherwise: -1);
        var word = query.Text("epoch");
        var epoch = word is null or Latest or BestWord ? 0 : query.WholeNumber("epoch", 1, 99_999, otherwise: 0, Latest, BestWord);
        var label = query.WholeNumber("label", 0, 255, otherwise: -1);
        var raw = query.Choice("weights", "ema", "raw") == "raw";
        var columns = (int)query.WholeNumber("columns", 1, 64, otherwise: (long)Math.Ceiling(Math.Sqrt(count)));
        var scale = (int)query.WholeNumber("scale", 1, 16, otherwise: 2);
        query.Choice("format", "png");
        return (new(count, seed < 0 ? null : seed, epoch == 0 ? null : (int)epoch, word == BestWord, label < 0 ? null : (int)label, raw, columns, scale), query.Error());
    }

    /// <summary>Names the bytes that come out: from the checkpoint, what is asked of it, and the encoder.</summary>
    public string Tag(string generatorSha256, long seed)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{generatorSha256}/{(Raw ? "raw" : "ema")}/{Count}/{seed}/{Label}/{Columns}/{Scale}/{EncoderVersion}");
        return $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)))[..32]}\"";
    }
}
