namespace NativeFlow.Kernels;

/// <summary>Number of a kernel in every backend's table. The same name has the same number for float and double.</summary>
/// <param name="Index">Position in the table.</param>
public readonly record struct KernelId(int Index)
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, int> Numbers = [];
    private static readonly List<string> NamesByNumber = [];

    /// <summary>The name under which the kernel was defined.</summary>
    public string Name { get { lock (Gate) return NamesByNumber[Index]; } }

    /// <summary>Gives <paramref name="name"/> its number, a new one at first sight.</summary>
    internal static KernelId Of(string name)
    {
        lock (Gate)
        {
            if (!Numbers.TryGetValue(name, out int number))
            {
                number = NamesByNumber.Count;
                Numbers.Add(name, number);
                NamesByNumber.Add(name);
            }
            return new KernelId(number);
        }
    }
}
