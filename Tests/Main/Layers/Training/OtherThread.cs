namespace NativeFlow.Tests;

/// <summary>A thread that does one thing each time it is asked; asking allocates nothing.</summary>
internal sealed class OtherThread : IDisposable
{
    private readonly AutoResetEvent _go = new(false), _done = new(false);
    private readonly Thread _thread;
    private bool _stop;

    public OtherThread(Func<object> action)
    {
        _thread = new Thread(() =>
        {
            while (true)
            {
                _go.WaitOne();
                if (Volatile.Read(ref _stop)) return;
                GC.KeepAlive(action());
                _done.Set();
            }
        });
        _thread.Start();
    }

    public void Run()
    {
        _go.Set();
        _done.WaitOne();
    }

    public void Dispose()
    {
        Volatile.Write(ref _stop, true);
        _go.Set();
        _thread.Join();
        _go.Dispose();
        _done.Dispose();
    }
}
