using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Values;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>Writes the PTX instructions of <see cref="DeviceIntrinsics"/>; one method for each of its names.</summary>
internal static class DeviceInstructions
{
    public static void Multiply(PTXBackend backend, PTXCodeGenerator generator, Value value) => Write("mul.rn", generator, value);

    public static void Add(PTXBackend backend, PTXCodeGenerator generator, Value value) => Write("add.rn", generator, value);

    public static void Subtract(PTXBackend backend, PTXCodeGenerator generator, Value value) => Write("sub.rn", generator, value);

    public static void MultiplyAdd(PTXBackend backend, PTXCodeGenerator generator, Value value) => Write("fma.rn", generator, value);

    // A conversion names both types.
    public static void Round(PTXBackend backend, PTXCodeGenerator generator, Value value) => Write(IsDouble(value) ? "cvt.rni.f64" : "cvt.rni.f32", generator, value);

    public static void MultiplyTf32(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        var call = (MethodCall)value;
        var a = (PTXCodeGenerator.CompoundRegister)generator.Load(call.Nodes[0]);
        PTXCodeGenerator.PrimitiveRegister b0 = generator.LoadPrimitive(call.Nodes[1]), b1 = generator.LoadPrimitive(call.Nodes[2]);
        var c = (PTXCodeGenerator.CompoundRegister)generator.Load(call.Nodes[3]);
        if (b0.BasicValueType != BasicValueType.Float32) throw new NotSupportedException("Matrix instructions on tf32 are for float.");

        // Operands in tf32 lie in registers without a type.
        PTXCodeGenerator.PrimitiveRegister[] operands = [.. Enumerable.Range(0, 4).Select(i => (PTXCodeGenerator.PrimitiveRegister)a.Children[i]), b0, b1];
        var bits = new PTXCodeGenerator.HardwareRegister[operands.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = generator.AllocateInt32Register();
            using var move = generator.BeginCommand("mov.b32");
            move.AppendArgument(bits[i]);
            move.AppendArgument(operands[i]);
        }
        var result = (PTXCodeGenerator.CompoundRegister)generator.Allocate(call);
        using (var multiply = generator.BeginCommand("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"))
        {
            multiply.AppendVectorArgument(result.SliceAs<PTXCodeGenerator.PrimitiveRegister>(0, 4));
            multiply.AppendVectorArgument(bits[..4]);
            multiply.AppendVectorArgument(bits[4..]);
            multiply.AppendVectorArgument(c.SliceAs<PTXCodeGenerator.PrimitiveRegister>(0, 4));
        }
        foreach (PTXCodeGenerator.HardwareRegister register in bits) generator.FreeRegister(register);
    }

    private static void Write(string operation, PTXCodeGenerator generator, Value value)
    {
        var call = (MethodCall)value;
        var arguments = new PTXCodeGenerator.PrimitiveRegister[call.Count];
        for (int i = 0; i < arguments.Length; i++) arguments[i] = generator.LoadPrimitive(call.Nodes[i]);
        PTXCodeGenerator.HardwareRegister result = generator.AllocateHardware(call);
        using var command = generator.BeginCommand(operation + (IsDouble(value) ? ".f64" : ".f32"));
        command.AppendArgument(result);
        foreach (PTXCodeGenerator.PrimitiveRegister argument in arguments) command.AppendArgument(argument);
    }

    private static bool IsDouble(Value value) => value.BasicValueType == BasicValueType.Float64;
}
