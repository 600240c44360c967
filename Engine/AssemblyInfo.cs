using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("NativeFlow.Tests")]
[assembly: InternalsVisibleTo("NativeFlow.Layers")]

// Where ILGPU, if it is there, makes the structs that carry a kernel's arguments to a device.
[assembly: InternalsVisibleTo("ILGPURuntime")]
