using System.Globalization;

namespace NativeFlow.Tests;

/// <summary>A PTX module: reads its text and makes functions of it. Only what the kernels' compiler writes is known; the rest is refused by name.</summary>
internal sealed class PtxProgram
{
    private readonly Dictionary<string, PtxFunction> _functions = [];
    private string _lastLabel = "";

    /// <summary>The first entry function.</summary>
    public PtxFunction Entry { get; }

    public PtxProgram(string text)
    {
        var reader = new PtxText(text);
        PtxFunction? entry = null;
        while (reader.Until("(", out char found) is { } header && found != '\0')
        {
            string[] words = header.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            bool isEntry = words.Contains(".entry");
            if (!isEntry && !words.Contains(".func")) throw new PtxFault($"'{header}' is no function");
            string parameters = reader.Until(")", out _);
            string? returned = null;
            string name = words[^1];
            if (name == ".func")
            {
                returned = parameters;
                name = reader.Until("(", out _);
                parameters = reader.Until(")", out _);
            }
            reader.Until(";{", out char end);
            if (end == ';')
            {
                if (words.Contains(".extern")) throw new PtxFault($"function {name} is declared and nowhere defined");
                continue;
            }
            var function = new PtxFunction(name);
            if (returned is not null) function.Returned = Declare(function, returned);
            foreach (string p in parameters.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) function.Parameters.Add(Declare(function, p));
            while (reader.Statement() is { } statement) Read(function, statement);
            _functions.Add(name, function);
            if (isEntry) entry ??= function;
        }
        Entry = entry ?? throw new PtxFault("the module has no entry function");
    }

    private void Read(PtxFunction f, string statement)
    {
        if (statement.EndsWith(':'))
        {
            f.Labels.Add(_lastLabel = statement[..^1], f.Code.Count);
            return;
        }
        if (statement.StartsWith(".branchtargets", StringComparison.Ordinal))
        {
            f.Tables.Add(_lastLabel, statement[".branchtargets".Length..].Split(',', StringSplitOptions.TrimEntries));
            return;
        }
        if (statement.StartsWith(".reg", StringComparison.Ordinal)) return;
        if (statement[0] == '.')
        {
            Declare(f, statement);
            return;
        }
        (int guard, bool negated, string rest) = (-1, false, statement);
        if (rest[0] == '@')
        {
            string[] parts = rest.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
            negated = parts[0][1] == '!';
            guard = f.Slot(parts[0][(negated ? 2 : 1)..]);
            rest = parts[1].TrimStart();
        }
        int space = rest.IndexOfAny([' ', '\t', '\n']);
        string opcode = space < 0 ? rest : rest[..space];
        string[] name = opcode.Split('.'), operands = space < 0 ? [] : Operands(rest[space..]);
        PtxStop stop = name[0] switch
        {
            "ret" or "exit" => PtxStop.Return,
            "bar" or "barrier" => PtxStop.Barrier,
            "mma" => PtxStop.Warp,
            _ => PtxStop.None,
        };
        if (stop == PtxStop.Warp && opcode != "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32") throw new PtxFault($"unknown instruction {opcode}");
        f.Code.Add(new PtxInstruction
        {
            Text = string.Join(' ', statement.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            Guard = guard,
            GuardIsNegated = negated,
            Stop = stop,
            Operands = stop == PtxStop.Warp ? [.. operands.Select(o => Slot(f, o))] : [],
            Execute = stop != PtxStop.None ? static _ => { }
            : name[0] switch
            {
                "bra" => Branch(f, operands[0]),
                "brx" => BranchByNumber(f, Slot(f, operands[0]), operands[1]),
                "call" => Call(operands),
                "ld" or "st" => PtxMoves.Memory(name, Address(f, operands[name[0] == "ld" ? ^1 : 0]), [.. (name[0] == "ld" ? operands[..^1] : operands[1..]).Select(o => Slot(f, o))]),
                _ => PtxArithmetic.Make(name, [.. operands.Select(o => Slot(f, o))]) ?? throw new PtxFault($"unknown instruction {opcode} in '{statement}'"),
            },
        });
    }

    private static Action<PtxThread> Branch(PtxFunction f, string label) => t => t.Next = f.Labels[label];

    private static Action<PtxThread> BranchByNumber(PtxFunction f, int number, string table) => t => t.Next = f.Labels[f.Tables[table][t.U(number)]];

    // (returned), name, (arguments): as flat operands, since brackets fall away in reading; the returned one comes first where the text has two lists.
    private Action<PtxThread> Call(string[] operands)
    {
        bool returns = operands[0][0] == '(';
        string? returned = returns ? operands[0].Trim('(', ')') : null;
        string name = operands[returns ? 1 : 0];
        string[] arguments = [.. operands[(returns ? 2 : 1)..].Select(static o => o.Trim('(', ')', ' ', '\n', '\t')).Where(static o => o.Length > 0)];
        return t => t.Machine.Call(t, _functions[name], arguments, returned);
    }

    // Commas part operands, braces of vectors fall away.
    private static string[] Operands(string text) => text.Replace("{", "").Replace("}", "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static (int Slot, long Offset) Address(PtxFunction f, string operand)
    {
        string inside = operand.Trim('[', ']');
        int plus = inside.IndexOf('+');
        long offset = plus < 0 ? 0 : long.Parse(inside[(plus + 1)..], CultureInfo.InvariantCulture);
        return (Slot(f, plus < 0 ? inside : inside[..plus]), offset);
    }

    private static int Slot(PtxFunction f, string operand)
    {
        if (operand[0] == '%') return f.Slot(operand);
        if (operand.StartsWith("0f", StringComparison.OrdinalIgnoreCase)) return f.Slot(operand, uint.Parse(operand[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        if (operand.StartsWith("0d", StringComparison.OrdinalIgnoreCase)) return f.Slot(operand, ulong.Parse(operand[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        if (operand.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) return f.Slot(operand, ulong.Parse(operand[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        if (ulong.TryParse(operand, NumberStyles.None, CultureInfo.InvariantCulture, out ulong whole)) return f.Slot(operand, whole);
        if (long.TryParse(operand, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long negative)) return f.Slot(operand, (ulong)negative);
        if (!f.Shared.ContainsKey(operand) && !f.Frame.ContainsKey(operand)) throw new PtxFault($"{f.Name}: unknown operand {operand}");
        int slot = f.Slot(operand);
        if (!f.Addresses.Contains((slot, operand))) f.Addresses.Add((slot, operand));
        return slot;
    }

    // ".param .align 8 .b8 name[64]", ".shared .align 16 .b8 name[2048]", ".param .f32 name": returns the name.
    private static string Declare(PtxFunction f, string declaration)
    {
        string[] words = declaration.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string last = words[^1], type = words[^2];
        int bracket = last.IndexOf('[');
        int count = bracket < 0 ? 1 : int.Parse(last[(bracket + 1)..^1], CultureInfo.InvariantCulture);
        string name = bracket < 0 ? last : last[..bracket];
        int bytes = count * (type == ".pred" ? 1 : int.Parse(type[2..], CultureInfo.InvariantCulture) / 8);
        switch (words[0])
        {
            case ".shared": f.AddShared(name, bytes); break;
            case ".param" or ".local":
                if (f.Frame.Count == 0) f.ArgumentBytes = bytes;
                f.AddFrame(name, bytes);
                break;
            default: throw new PtxFault($"{f.Name}: unknown declaration '{declaration}'");
        }
        return name;
    }
}
