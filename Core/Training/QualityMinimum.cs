namespace GanFunctions.Core.Training;

/// <summary>
/// How many pictures a data set needs before the quality of generated pictures can be measured with it. With fewer, statistics over the 128
/// features of a picture are meaningless.
/// </summary>
public static class QualityMinimum
{
    /// <summary>Minimum number of training and of held-out pictures.</summary>
    public const int Pictures = 50;

    private const int HoldOutOneIn = 5; // a fifth of the training set, if the test set is too small

    /// <summary>The minimum in words.</summary>
    public static string Text { get; } = $"{Pictures * HoldOutOneIn} for training, or {Pictures} each for training and testing";

    /// <summary>Whether a data set has enough pictures.</summary>
    /// <param name="train">Number of training pictures.</param>
    /// <param name="test">Number of test pictures.</param>
    public static bool IsMet(int train, int test) => IsTestSetEnough(train, test) || HeldOutOfTraining(train) >= Pictures;

    /// <summary>Whether the held-out pictures are those of the test set.</summary>
    public static bool IsTestSetEnough(int train, int test) => test >= Pictures && train >= Pictures;

    /// <summary>Number of training pictures that are held out if the test set is too small.</summary>
    public static int HeldOutOfTraining(int train) => train / HoldOutOneIn;
}
