namespace NativeFlow.Tests;

/// <summary>PTX text cut into statements: headers of functions, declarations, labels, instructions.</summary>
internal sealed class PtxText
{
    private readonly string _text;
    private int _at;

    public PtxText(string text)
    {
        IEnumerable<string> lines = text.Split('\n').Select(static line => line.IndexOf("//", StringComparison.Ordinal) is >= 0 and int cut ? line[..cut] : line);
        // These three stand alone on a line, without a semicolon.
        _text = string.Join('\n', lines.Where(static l => !l.StartsWith(".version", StringComparison.Ordinal) && !l.StartsWith(".target", StringComparison.Ordinal) && !l.StartsWith(".address_size", StringComparison.Ordinal)));
    }

    /// <summary>The text up to the next of <paramref name="ends"/>, which is passed; empty at the end.</summary>
    public string Until(ReadOnlySpan<char> ends, out char end)
    {
        int length = _text.AsSpan(_at).IndexOfAny(ends);
        end = length < 0 ? '\0' : _text[_at + length];
        string part = length < 0 ? _text[_at..] : _text.Substring(_at, length);
        _at = length < 0 ? _text.Length : _at + length + 1;
        return part.Trim();
    }

    /// <summary>The next statement of a body: a label with its colon, an instruction or declaration without its semicolon; null at the body's closing brace.</summary>
    public string? Statement()
    {
        int depth = 0;
        while (true)
        {
            while (char.IsWhiteSpace(_text[_at])) _at++;
            if (_text[_at] == '{') depth++;
            else if (_text[_at] == '}')
            {
                // Braces inside a body only keep the names of a call's parameters together.
                if (depth-- == 0 && !_inCall)
                {
                    _at++;
                    return null;
                }
                _inCall = false;
            }
            else break;
            _inCall |= _text[_at] == '{';
            _at++;
        }
        int start = _at;
        while (_text[_at] != ';' && !(_text[_at] == ':' && !_text.AsSpan(start, _at - start).ContainsAny(" \t\n[{"))) _at++;
        string statement = _text[start.._at].Trim();
        return _text[_at++] == ':' ? statement + ":" : statement;
    }

    private bool _inCall;
}
