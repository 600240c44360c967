namespace NativeFlow.Engine;

/// <summary>
/// Writes a file so that a reader sees either the old one or the new one in full, never a part: the bytes go to
/// <c>path.tmp-pid</c>, are flushed to the disk, and only then does a rename put them in place.
/// </summary>
public sealed class AtomicFile : IDisposable
{
    private readonly string _target;
    private readonly string _temporary;
    private readonly AtomicFileStream _stream;
    private bool _finished;

    private AtomicFile(string target, string temporary, AtomicFileStream stream)
    {
        _target = target;
        _temporary = temporary;
        _stream = stream;
    }

    /// <summary>Where the new content goes; seekable. Nothing is visible under the final name before <see cref="Commit"/>.</summary>
    public Stream Stream => _stream;

    /// <summary>Starts a new file; dispose without <see cref="Commit"/> leaves the old file (or none) and no temporary behind.</summary>
    /// <exception cref="BadInputException">The folder does not exist, is not writable, or the path names a folder or a device. A full disk is reported so by <see cref="Stream"/>.</exception>
    public static AtomicFile Create(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);

        // A rename onto a device would replace the device by a file.
        if (full.StartsWith("/dev/", StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal))
        {
            throw new BadInputException($"{path}: is a device, but the output is written by renaming a finished file; give the name of an ordinary file.");
        }

        if (Directory.Exists(full))
        {
            throw new BadInputException($"{path}: is a folder, expected the name of a file to write; add a file name.");
        }

        try
        {
            // A link stays a link: the file it points to is the one replaced.
            if (File.ResolveLinkTarget(full, returnFinalTarget: true) is { } link)
            {
                full = link.FullName;
            }
        }
        catch (FileNotFoundException)
        {
            // Neither file nor link: a new file.
        }
        catch (DirectoryNotFoundException)
        {
            // The same; the folder is reported below.
        }
        catch (IOException e)
        {
            throw AtomicFileStream.CannotWrite(path, e);
        }

        string folder = Path.GetDirectoryName(full)!;
        if (!Directory.Exists(folder))
        {
            throw new BadInputException($"{path}: cannot be written, the folder '{folder}' does not exist; create it or choose another place.");
        }

        string temporary = $"{full}.tmp-{Environment.ProcessId}";
        try
        {
            return new AtomicFile(full, temporary, new AtomicFileStream(temporary, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AtomicFileStream.CannotWrite(path, e);
        }
    }

    /// <summary>Calls <paramref name="body"/> with a stream and puts what it wrote at <paramref name="path"/>; if it throws, the old file stays.</summary>
    /// <exception cref="BadInputException">The file cannot be written (no folder, no permission, no space).</exception>
    public static void Write(string path, Action<Stream> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        using AtomicFile file = Create(path);
        body(file.Stream);
        file.Commit();
    }

    /// <summary>Flushes to the disk and renames over the target. Once only.</summary>
    /// <exception cref="BadInputException">The disk is full or the target cannot be replaced.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        try
        {
            // Without this a power loss after the rename could leave a short file under the final name.
            _stream.Flush(flushToDisk: true);
            _stream.Dispose();
            File.Move(_temporary, _target, overwrite: true);
            _finished = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AtomicFileStream.CannotWrite(_target, e);
        }
    }

    /// <summary>Throws the temporary file away unless it was committed.</summary>
    public void Dispose()
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        try
        {
            _stream.Dispose();
        }
        catch (IOException)
        {
            // A full disk fails the last flush too, but these bytes are being thrown away: what stopped the writer is the error to see.
        }
        finally
        {
            File.Delete(_temporary);
        }
    }
}
