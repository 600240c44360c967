Console.WriteLine("nativeflow");
