using System.Threading.RateLimiting;
using GanFunctions.Core.Memory;

namespace GanFunctions.Functions.Http;

/// <summary>
/// Requests of one kind that take turns. A lane bounds how many of them work at a time, how many wait, and how many bytes of finished responses
/// are in memory because their clients are still receiving them.
/// </summary>
public sealed class Lane : IDisposable
{
    private const int Unit = 1024; // bytes per permit
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(200); // Azure ends a response after 230
    private readonly ConcurrencyLimiter _working;
    private readonly ConcurrencyLimiter _unsent;
    private readonly int _maxUnsent;
    private readonly TimeSpan _idle;
    private readonly Timer _returning = new(_ => FreedMemory.ReturnAll());

    /// <summary>Creates a lane.</summary>
    /// <param name="working">Number of requests that work at a time. Those that wait take turns in the order in which they came.</param>
    /// <param name="waiting">Number of requests that may wait.</param>
    /// <param name="maxUnsent">Bytes of finished responses that may be in memory. A larger response is held alone.</param>
    /// <param name="idle">
    /// How long after the end of a request freed memory is returned to the operating system, unless another one ends in between.
    /// </param>
    public Lane(int working, int waiting, int maxUnsent, TimeSpan idle)
    {
        (_maxUnsent, _idle) = (maxUnsent / Unit, idle);
        _working = new(new() { PermitLimit = working, QueueLimit = waiting });
        _unsent = new(new() { PermitLimit = _maxUnsent, QueueLimit = int.MaxValue }); // at most `working` requests wait here
    }

    /// <summary>Waits for a turn, which ends with the request at the latest.</summary>
    /// <param name="http">The request.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <returns>The turn; null if too many requests are waiting, which <see cref="Problems.Busy"/> reports.</returns>
    public async Task<Turn?> EnterAsync(HttpContext http, CancellationToken cancellation)
    {
        var lease = await _working.AcquireAsync(cancellationToken: cancellation);
        if (!lease.IsAcquired) return null;
        var turn = new Turn(this, http, lease);
        http.Response.RegisterForDispose(turn);
        return turn;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _returning.Dispose();
        _working.Dispose();
        _unsent.Dispose();
    }

    /// <summary>The turn of a request.</summary>
    public sealed class Turn : IDisposable
    {
        private readonly Lane _lane;
        private readonly HttpContext _http;
        private readonly RateLimitLease _working;
        private RateLimitLease? _unsent;
        private CancellationTokenSource? _timeout;

        internal Turn(Lane lane, HttpContext http, RateLimitLease working) => (_lane, _http, _working) = (lane, http, working);

        /// <summary>
        /// Ends the work and lets the next request work, once the bytes of the response may stay in memory until they are sent. A client that
        /// has not received them after 200 seconds is disconnected.
        /// </summary>
        /// <param name="bytes">Size of the response.</param>
        /// <param name="cancellation">Cancels the wait.</param>
        public async Task EndAsync(long bytes, CancellationToken cancellation)
        {
            _unsent = await _lane._unsent.AcquireAsync((int)Math.Min(bytes / Unit + 1, _lane._maxUnsent), cancellation);
            _timeout = new CancellationTokenSource(SendTimeout);
            _timeout.Token.Register(_http.Abort);
            _working.Dispose();
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            _timeout?.Dispose();
            _unsent?.Dispose();
            _working.Dispose();
            _lane._returning.Change(_lane._idle, Timeout.InfiniteTimeSpan);
        }
    }
}
