using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Gives modules a common prefix in the names of their parameters.</summary>
internal sealed class NamedModules : Module
{
    public NamedModules(params (string Name, Module Module)[] modules)
        : base(nameof(NamedModules))
    {
        foreach ((string name, Module module) in modules)
            register_module(name, module);
    }
}
