using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Lines of a text file as bytes, without their line breaks (LF or CRLF), in a buffer whose size is bounded.</summary>
internal sealed class LineReader(DataFile file)
{
    private const int LongestLine = 1 << 24;

    private byte[] _buffer = new byte[1 << 16];
    private int _begin;
    private int _end;
    private bool _atEnd;

    /// <summary>The number of the line that was read last, from 1.</summary>
    internal long Number { get; private set; }

    /// <summary>The next line, valid until the next call.</summary>
    internal bool Next(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_begin + searched, _end - _begin - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = Finish(searched + found, 1);
                return true;
            }

            searched = _end - _begin;
            if (_atEnd)
            {
                line = searched > 0 ? Finish(searched, 0) : default;
                return searched > 0;
            }

            Refill();
        }
    }

    private ReadOnlySpan<byte> Finish(int length, int lineBreak)
    {
        Number++;
        ReadOnlySpan<byte> line = _buffer.AsSpan(_begin, length);
        _begin += length + lineBreak;
        if (line.EndsWith("\r"u8))
        {
            line = line[..^1];
        }

        if (Number == 1 && line.StartsWith("\uFEFF"u8))
        {
            line = line["\uFEFF"u8.Length..];
        }

        if (line.Contains((byte)0))
        {
            throw new BadInputException($"{file.Path}: line {Number} holds a zero byte, expected text (CSV or the like) in UTF-8; give a text file.");
        }

        return line;
    }

    private void Refill()
    {
        _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
        _end -= _begin;
        _begin = 0;
        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= LongestLine)
            {
                throw new BadInputException($"{file.Path}: line {Number + 1} is longer than {LongestLine} bytes, expected one row of numbers a line; give a text file.");
            }

            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int got = file.ReadUpTo(_buffer.AsSpan(_end));
        _atEnd = got < _buffer.Length - _end;
        _end += got;
    }
}
