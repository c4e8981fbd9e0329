using GanFunctions.Core.Memory;
using Microsoft.Extensions.Time.Testing;

namespace GanFunctions.Core.Tests.Memory;

public sealed class A_recent_value
{
    private static readonly TimeSpan Almost = Recent<string>.Lifetime - TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _released = [];

    [Fact]
    public void Is_kept_while_it_is_used_and_released_five_minutes_later()
    {
        using var recent = new Recent<string>(_time, _released.Add);

        recent.Keep("first");
        _time.Advance(Almost);
        Assert.Equal("first", recent.Use(value => value));
        _time.Advance(Almost);
        Assert.Empty(_released);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["first"], _released);
        Assert.Null(recent.Use(value => value));
    }

    [Fact]
    public void Is_released_when_another_one_replaces_it_and_at_the_end()
    {
        using (var recent = new Recent<string>(_time, _released.Add))
        {
            recent.Keep("first");
            recent.Keep("second");
            Assert.Equal(["first"], _released);
        }

        Assert.Equal(["first", "second"], _released);
    }

    [Fact]
    public void Belongs_to_whoever_takes_it()
    {
        using var recent = new Recent<string>(_time, _released.Add);
        recent.Keep("first");

        Assert.Equal("first", recent.Take());

        _time.Advance(Recent<string>.Lifetime);
        Assert.Empty(_released);
        Assert.Null(recent.Take());
    }
}
