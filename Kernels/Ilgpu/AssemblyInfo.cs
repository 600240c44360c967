using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("NativeFlow.Tests")]
