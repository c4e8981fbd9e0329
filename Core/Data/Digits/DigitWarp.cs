
namespace GanFunctions.Core.Data.Digits;

/// <summary>
/// Bends the grid smoothly, so that strokes that met still meet: random offsets on a coarse lattice, eased in between. After the
/// elastic distortions of Simard, Steinkraus and Platt, "Best practices for convolutional neural networks", ICDAR 2003.
/// </summary>
internal readonly ref struct DigitWarp
{
    /// <summary>Lattice nodes that <c>offsets</c> must hold.</summary>
    public const int Nodes = Columns * Rows;

    private const int Columns = 4;
    private const int Rows = 5;
    private const int Step = 40 << 8;
    private const int Margin = 20 << 8;
    private readonly Span<(int X, int Y)> _offsets;

    public DigitWarp(ref DigitRandom random, Span<(int X, int Y)> offsets)
    {
        _offsets = offsets;
        for (var i = 0; i < Nodes; i++) offsets[i] = (random.Around(-3400, 3400), random.Around(-3400, 3400));
    }

    /// <summary>Where a point goes; 1/256 of a grid unit in and out.</summary>
    public (int X, int Y) Apply(int x, int y)
    {
        var (column, easeX) = Locate(x, Columns);
        var (row, easeY) = Locate(y, Rows);
        var (topLeft, topRight) = (_offsets[row * Columns + column], _offsets[row * Columns + column + 1]);
        var (bottomLeft, bottomRight) = (_offsets[(row + 1) * Columns + column], _offsets[(row + 1) * Columns + column + 1]);
        return (
            x + Mix(Mix(topLeft.X, topRight.X, easeX), Mix(bottomLeft.X, bottomRight.X, easeX), easeY),
            y + Mix(Mix(topLeft.Y, topRight.Y, easeX), Mix(bottomLeft.Y, bottomRight.Y, easeX), easeY));
    }

    private static (int Cell, int Ease) Locate(int position, int nodes)
    {
        var inside = Math.Clamp(position + Margin, 0, (nodes - 1) * Step - 1);
        var t = inside % Step * 256 / Step;
        return (inside / Step, t * t * (768 - 2 * t) >> 16); // 3t^2 - 2t^3
    }

    private static int Mix(int from, int to, int share) => from + (to - from) * share / 256;
}
