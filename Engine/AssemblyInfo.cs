using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("NativeFlow.Tests")]
[assembly: InternalsVisibleTo("NativeFlow.Layers")]
