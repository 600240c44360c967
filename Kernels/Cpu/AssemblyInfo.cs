using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("NativeFlow.Tests")]
[assembly: InternalsVisibleTo("NativeFlow.Bench")]
[assembly: InternalsVisibleTo("NativeFlow.Kernels.Gpu")]
