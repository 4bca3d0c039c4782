using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>Sets VER_FLG_WEAK on one needed symbol version of a 64-bit little-endian ELF file.</summary>
/// <remarks>Layout: ELF-64 object file format; Elf64_Verneed and Elf64_Vernaux of the Linux Standard Base, "Symbol Versioning".</remarks>
public class WeakenSymbolVersion : Task
{
    private const uint SectionTypeVerneed = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort FlagWeak = 0x2;                // VER_FLG_WEAK

    [Required] public string File { get; set; }
    [Required] public string SymbolVersion { get; set; }

    public override bool Execute()
    {
        byte[] elf = System.IO.File.ReadAllBytes(File);
        if (elf.Length < 64 || elf[0] != 0x7f || elf[1] != 'E' || elf[4] != 2 || elf[5] != 1)
        {
            Log.LogError("{0} is not a 64-bit little-endian ELF file.", File);
            return false;
        }

        if (!Weaken(elf))
            return true;

        // Replace the file by name, so that a hard link into the package cache keeps its content.
        string temporary = File + "." + Guid.NewGuid().ToString("N");
        System.IO.File.WriteAllBytes(temporary, elf);
        System.IO.File.Delete(File);
        System.IO.File.Move(temporary, File);
        Log.LogMessage(MessageImportance.Normal, "{0}: the need for {1} is now weak.", File, SymbolVersion);
        return true;
    }

    private bool Weaken(byte[] elf)
    {
        long sectionHeaders = BitConverter.ToInt64(elf, 0x28);
        int sectionHeaderSize = BitConverter.ToUInt16(elf, 0x3A);
        int sectionCount = BitConverter.ToUInt16(elf, 0x3C);
        bool changed = false;
        for (int i = 0; i < sectionCount; i++)
        {
            int header = (int)(sectionHeaders + (long)i * sectionHeaderSize);
            if (BitConverter.ToUInt32(elf, header + 4) != SectionTypeVerneed)
                continue;
            int strings = SectionOffset(elf, sectionHeaders, sectionHeaderSize, (int)BitConverter.ToUInt32(elf, header + 0x28));
            changed |= WeakenIn(elf, (int)BitConverter.ToInt64(elf, header + 0x18), strings);
        }

        return changed;
    }

    private static int SectionOffset(byte[] elf, long sectionHeaders, int size, int index)
    {
        return (int)BitConverter.ToInt64(elf, (int)(sectionHeaders + (long)index * size) + 0x18);
    }

    private bool WeakenIn(byte[] elf, int need, int strings)
    {
        bool changed = false;
        while (true)
        {
            int aux = need + (int)BitConverter.ToUInt32(elf, need + 8);
            for (int k = BitConverter.ToUInt16(elf, need + 2); k > 0; k--)
            {
                if (NameAt(elf, strings + (int)BitConverter.ToUInt32(elf, aux + 8)) == SymbolVersion && (elf[aux + 4] & FlagWeak) == 0)
                {
                    elf[aux + 4] |= (byte)FlagWeak;
                    changed = true;
                }

                aux += (int)BitConverter.ToUInt32(elf, aux + 12);
            }

            int next = (int)BitConverter.ToUInt32(elf, need + 12);
            if (next == 0)
                return changed;
            need += next;
        }
    }

    private static string NameAt(byte[] elf, int offset)
    {
        int end = Array.IndexOf(elf, (byte)0, offset);
        return Encoding.ASCII.GetString(elf, offset, end - offset);
    }
}
