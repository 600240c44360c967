namespace NativeFlow.Engine;

/// <summary>The temporary file of an <see cref="AtomicFile"/>: a full disk is the user's matter, so it is reported as bad input.</summary>
internal sealed class AtomicFileStream(string temporary, string target)
    : FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16)
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            base.Write(buffer);
        }
        catch (IOException e)
        {
            throw CannotWrite(target, e);
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        try
        {
            base.Write(buffer, offset, count);
        }
        catch (IOException e)
        {
            throw CannotWrite(target, e);
        }
    }

    public override void WriteByte(byte value) => Write([value]);

    internal static BadInputException CannotWrite(string path, Exception cause) =>
        new($"{path}: cannot be written ({cause.Message}); check permissions and free space or choose another place.", cause);
}
