namespace NativeFlow.Kernels.Gpu;

/// <summary>Items of a group as threads of which one runs at a time: at a barrier an item hands over to the next one.</summary>
internal sealed class ItemTeam(bool backwards) : IDisposable
{
    private const int StackBytes = 512 * 1024;

    private readonly List<Member> _members = [];
    private readonly SemaphoreSlim _finished = new(0);
    private int _items;
    private IEmulatorClock? _clock;
    private Action<int>? _body;
    private Exception? _fault;
    private bool _disposed;

    /// <summary>Whether items of a group are under way.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Runs <paramref name="body"/> for every item; a fault of one ends all.</summary>
    public void Run(int items, IEmulatorClock clock, Action<int> body)
    {
        (_items, _clock, _body, _fault, IsRunning) = (items, clock, body, null, true);
        while (_members.Count < items) _members.Add(new Member(this, _members.Count));
        for (int i = 0; i < items; i++) _members[i].Place = Place.Ready;
        HandTo(Next());
        _finished.Wait();
        IsRunning = false;
        if (_fault is not null) throw _fault;
    }

    /// <summary>Item <paramref name="item"/> waits for the others at the barrier in line <paramref name="line"/>.</summary>
    public void Barrier(int item, int line)
    {
        Member me = _members[item];
        (me.Place, me.Line) = (Place.Waiting, line);
        Advance();
        me.Turn.WaitOne();
        if (_fault is not null) throw new EndedException();
        _clock!.Resume(item);
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (Member m in _members) m.Turn.Set();
        foreach (Member m in _members)
        {
            m.Thread.Join();
            m.Turn.Dispose();
        }
        _finished.Dispose();
        _members.Clear();
    }

    // The one that runs has come to a barrier or to its end: whose turn is it?
    private void Advance()
    {
        int next = Next();
        if (next < 0)
        {
            Member? waiting = null, ended = null;
            for (int i = 0; i < _items; i++)
            {
                Member m = _members[i];
                if (m.Place == Place.Ended) ended = m;
                else if (waiting is not null && waiting.Line != m.Line)
                {
                    Fail(_clock!.Fault($"waits at the barrier in line {m.Line}, item {waiting.Item} at the one in line {waiting.Line}", m.Item));
                    return;
                }
                else waiting ??= m;
            }
            if (waiting is null)
            {
                _finished.Release();
                return;
            }
            if (ended is not null)
            {
                Fail(_clock!.Fault($"waits at the barrier in line {waiting.Line}, which item {ended.Item} never reaches", waiting.Item));
                return;
            }
            _clock!.NextEpoch();
            for (int i = 0; i < _items; i++) _members[i].Place = Place.Ready;
            next = Next();
        }
        HandTo(next);
    }

    private int Next()
    {
        for (int i = 0; i < _items; i++)
        {
            int item = backwards ? _items - 1 - i : i;
            if (_members[item].Place == Place.Ready) return item;
        }
        return -1;
    }

    private void HandTo(int item)
    {
        _members[item].Place = Place.Running;
        _members[item].Turn.Set();
    }

    // Wakes all that wait, so that each leaves its kernel; the last to leave ends the launch.
    private void Fail(Exception fault)
    {
        _fault ??= fault;
        for (int i = 0; i < _items; i++)
            if (_members[i].Place == Place.Waiting || _members[i].Place == Place.Ready)
            {
                HandTo(i);
                return;
            }
        _finished.Release();
    }

    private void Work(Member me)
    {
        while (true)
        {
            me.Turn.WaitOne();
            if (_disposed) return;
            try
            {
                if (_fault is null)
                {
                    _clock!.Resume(me.Item);
                    _body!(me.Item);
                }
            }
            catch (EndedException)
            {
                // Another item's fault ended this one.
            }
            catch (Exception e)
            {
                _fault ??= e;
            }
            me.Place = Place.Ended;
            if (_fault is null) Advance();
            else Fail(_fault);
        }
    }

    private enum Place
    {
        Ended,
        Ready,
        Running,
        Waiting,
    }

    private sealed class EndedException : Exception;

    private sealed class Member
    {
        public Member(ItemTeam team, int item)
        {
            Item = item;
            Thread = new Thread(() => team.Work(this), StackBytes) { IsBackground = true, Name = $"item {item}" };
            Thread.Start();
        }

        public int Item { get; }

        // Not a slim one: those spin before they sleep, and of the threads only one has anything to do.
        public AutoResetEvent Turn { get; } = new(false);

        public Thread Thread { get; }

        public Place Place { get; set; }

        public int Line { get; set; }
    }
}
