using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Frontend;
using ILGPU.Frontend.Intrinsic;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>
/// Operations that become one instruction each. ILGPU puts them in the place of the methods of <see cref="DeviceMath"/>: its own products
/// and sums carry no rounding mode, so that the driver may fuse them; its fused product is an unresolved call, and its rounding goes
/// through a copysign with exchanged operands.
/// </summary>
/// <remarks>The bodies here run on ILGPU's CPU accelerator only.</remarks>
internal static class DeviceIntrinsics
{
    private static readonly Lock Gate = new();
    private static bool _isMapped;

    [IntrinsicImplementation]
    public static float Multiply(float a, float b) => DeviceMath.Multiply(a, b);

    [IntrinsicImplementation]
    public static double Multiply(double a, double b) => DeviceMath.Multiply(a, b);

    [IntrinsicImplementation]
    public static float Add(float a, float b) => DeviceMath.Add(a, b);

    [IntrinsicImplementation]
    public static double Add(double a, double b) => DeviceMath.Add(a, b);

    [IntrinsicImplementation]
    public static float Subtract(float a, float b) => DeviceMath.Subtract(a, b);

    [IntrinsicImplementation]
    public static double Subtract(double a, double b) => DeviceMath.Subtract(a, b);

    [IntrinsicImplementation]
    public static float MultiplyAdd(float a, float b, float c) => DeviceMath.MultiplyAdd(a, b, c);

    [IntrinsicImplementation]
    public static double MultiplyAdd(double a, double b, double c) => DeviceMath.MultiplyAdd(a, b, c);

    [IntrinsicImplementation]
    public static float Round(float a) => DeviceMath.Round(a);

    [IntrinsicImplementation]
    public static double Round(double a) => DeviceMath.Round(a);

    [IntrinsicImplementation]
    public static Quad<T> MultiplyTf32<T>(Quad<T> a, T b0, T b1, Quad<T> c) where T : unmanaged
        => throw new NotSupportedException("Matrix instructions on tf32 need a GPU.");

    /// <summary>Teaches a context's compiler the instructions.</summary>
    public static void Register(Context.Builder builder)
    {
        IntrinsicImplementationManager manager = builder.GetIntrinsicManager();
        lock (Gate)
        {
            foreach (MethodInfo method in typeof(DeviceIntrinsics).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            {
                if (!method.IsDefined(typeof(IntrinsicImplementationAttribute))) continue;
                manager.RegisterMethod(method, new PTXIntrinsic(typeof(DeviceInstructions), method.Name, IntrinsicImplementationMode.GenerateCode));
                // One table for all contexts.
                if (!_isMapped && FindReplaced(method) is { } replaced) RemappedIntrinsics.AddRemapping(replaced, (ref InvocationContext call) => call.Method = method);
            }
            _isMapped = true;
        }
    }

    private static MethodInfo? FindReplaced(MethodInfo method)
        => method.IsGenericMethod ? null : typeof(DeviceMath).GetMethod(method.Name, [.. method.GetParameters().Select(p => p.ParameterType)]);
}
