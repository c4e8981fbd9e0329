
namespace GanFunctions.Core.Data.Digits;

/// <summary>
/// Integer random numbers of one picture, a pure function of (split, index). The generator is SplitMix64: Steele, Lea, Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014; the constants are those of Vigna's splitmix64.c.
/// </summary>
internal struct DigitRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;
    private ulong _state;

    public DigitRandom(ulong stream, long index)
    {
        _state = stream;
        _state = Next() ^ (ulong)index;
        _state = Next(); // neighbouring indices start far apart
    }

    public ulong Next()
    {
        var z = _state += GoldenGamma;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="count"/> - 1, all as likely (to one part in 2^32).</summary>
    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);

    /// <summary>Both ends included, all as likely.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>Both ends included, the middle likelier: a bell made of the mean of three.</summary>
    public int Around(int low, int high) => (Between(low, high) + Between(low, high) + Between(low, high)) / 3;
}
