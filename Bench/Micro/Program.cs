using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using NativeFlow.Bench;

// Times depend on the machine; results belong in Bench/results under the processor's name.
// --filter '*StepBench*' runs one class, --list flat names all cases, -j short makes it quick.
BenchmarkSwitcher.FromTypes([typeof(GemmBench), typeof(ElementwiseBench<>), typeof(StepBench)]).Run(args, DefaultConfig.Instance);
