using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Mono.Cecil;
using Mono.Cecil.Cil;

/// <summary>Writes a copy of an assembly in which the owner of a native handle lives until the method that read the handle returns.</summary>
/// <remarks>
/// "GC.KeepAlive" is what the documentation of finalizers asks for wherever a handle is passed to native code. Before: owner.Handle. After: keep = owner; keep.Handle … and
/// before every return GC.KeepAlive(keep).
/// </remarks>
public class KeepHandlesAlive : Task
{
    [Required] public string Source { get; set; }
    [Required] public string Destination { get; set; }

    /// <summary>Full names of the types that own handles, as Cecil writes them.</summary>
    [Required] public string[] Owners { get; set; }

    public override bool Execute()
    {
        using (ModuleDefinition module = ModuleDefinition.ReadModule(Source, new ReaderParameters { InMemory = true }))
        {
            MethodReference keepAlive = new MethodReference("KeepAlive", module.TypeSystem.Void, new TypeReference("System", "GC", module, module.TypeSystem.CoreLibrary));
            keepAlive.Parameters.Add(new ParameterDefinition(module.TypeSystem.Object));
            int reads = module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody && method.Name != "Finalize" && method.Name != "Dispose")
                .Sum(method => Weave(method.Body, keepAlive));
            if (reads == 0)
            {
                Log.LogError("{0}: none of {1} has a handle that is read; was it renamed?", Source, string.Join(", ", Owners));
                return false;
            }

            // Another project of the same build may write it too.
            Directory.CreateDirectory(Path.GetDirectoryName(Destination));
            string temporary = Destination + "." + Guid.NewGuid().ToString("N");
            module.Write(temporary);
            File.Delete(Destination);
            File.Move(temporary, Destination);
            Log.LogMessage(MessageImportance.Normal, "{0}: the owners of {1} handles live until the calls that use them return.", Destination, reads);
        }

        return true;
    }

    private int Weave(MethodBody body, MethodReference keepAlive)
    {
        List<Instruction> reads = body.Instructions.Where(ReadsHandle).ToList();
        if (reads.Count == 0)
            return 0;
        LengthenBranches(body);
        ILProcessor il = body.GetILProcessor();

        // Instructions are changed in place, so that branches to them lead to what now stands before them.
        List<VariableDefinition> kept = new List<VariableDefinition>();
        foreach (Instruction read in reads)
        {
            MethodReference getter = (MethodReference)read.Operand;
            VariableDefinition keep = new VariableDefinition(getter.DeclaringType);
            body.Variables.Add(keep);
            kept.Add(keep);
            Instruction get = il.Create(read.OpCode, getter);
            read.OpCode = OpCodes.Dup;
            read.Operand = null;
            il.InsertAfter(read, il.Create(OpCodes.Stloc, keep));
            il.InsertAfter(read.Next, get);
        }

        foreach (Instruction end in body.Instructions.Where(instruction => instruction.OpCode == OpCodes.Ret).ToList())
        {
            end.OpCode = OpCodes.Nop;
            Instruction last = end;
            foreach (VariableDefinition keep in kept)
            {
                il.InsertAfter(last, il.Create(OpCodes.Ldloc, keep));
                il.InsertAfter(last.Next, il.Create(OpCodes.Call, keepAlive));
                last = last.Next.Next;
            }

            il.InsertAfter(last, il.Create(OpCodes.Ret));
        }

        body.InitLocals = true;
        return reads.Count;
    }

    // What is inserted may be more than a short branch reaches over.
    private static void LengthenBranches(MethodBody body)
    {
        foreach (Instruction branch in body.Instructions.Where(instruction => instruction.OpCode.OperandType == OperandType.ShortInlineBrTarget))
        {
            string name = branch.OpCode.Code.ToString();
            branch.OpCode = (OpCode)typeof(OpCodes).GetField(name.Substring(0, name.Length - "_S".Length)).GetValue(null);
        }
    }

    private bool ReadsHandle(Instruction instruction) =>
        (instruction.OpCode == OpCodes.Call || instruction.OpCode == OpCodes.Callvirt)
        && instruction.Operand is MethodReference method && (method.Name == "get_Handle" || method.Name == "get_handle") && Owners.Contains(method.DeclaringType.FullName);
}
