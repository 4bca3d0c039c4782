namespace DdpmJobs.Model.Tests.Conformance;

/// <summary>Where a golden number stands, and what it is a number of.</summary>
/// <param name="Family">Component or part, as in <c>schedule cosine</c>.</param>
/// <param name="Reference">The program that made it, as the golden files name it.</param>
/// <param name="Case">File and case.</param>
internal sealed record GoldenPlace(string Family, string Reference, string Case)
{
    private const string Official = "hojonathanho/diffusion";
    private const string Improved = "openai/improved-diffusion";
    private const string Guided = "openai/guided-diffusion";
    private const string DdimAuthors = "ermongroup/ddim";
    private const string DpmSolver = "LuChengTHU/dpm-solver";
    private const string KDiffusion = "crowsonkb/k-diffusion";
    private const string Diffusers = "huggingface/diffusers";
    private const string Lucidrains = "lucidrains/denoising-diffusion-pytorch";
    private const string TorchFidelity = "toshas/torch-fidelity";
    private const string CleanFid = "GaParmar/clean-fid";
    private const string Formula = "the papers' formulas";

    /// <summary>Reads the place from a file's name and the names of the members down to the number.</summary>
    public static GoldenPlace Of(string file, IReadOnlyList<string> path)
    {
        string word = path[Math.Min(1, path.Count - 1)];
        (string family, string reference) = file switch
        {
            "schedules_official" => ($"schedule {word.Split('/')[0]}", Official),
            "schedules_improved" => (path[0] switch
            {
                "schedules" => $"schedule {(word.StartsWith("linear", StringComparison.Ordinal) ? "linear_scaled" : word.Split('/')[0])}",
                "spaced" => "respaced process",
                _ => "grids of timesteps",
            }, Improved),
            "schedules_other" => OtherSchedule(word),
            "process" => ("forward process and posterior", Improved),
            "p_mean_variance" => ("mean, variance and image of the reverse step", Improved),
            "losses" => ("objectives", path[0] == "official_tf" ? Official : Improved),
            "bpd" => ("bound: L_T, L_t, L_0, errors, rate and distortion", path[0] == "official_tf_clip_true" ? Official : Improved),
            "bound_equations" => ("bound: L_T, L_t, L_0, errors, rate and distortion", Formula),
            "decoder" => (path[0] == "normal_kl" ? "divergence of two Gaussians" : "decoder of pixel levels", Improved),
            "samplers" => Sampler(word),
            "solvers" => Solver(word),
            "networks" => Network(path[0] == "nets" ? word : path[0], path),
            "training" => Training(path[0]),
            "family_equations" => (path[0] switch
            {
                "schedules" => $"schedule {word.Split(' ')[0]}",
                "power_function" => "moving averages",
                "grids" => "grids of timesteps",
                _ => $"sampler {word.Split(' ')[0]}",
            }, Formula),
            "metrics" => Quality(path),
            "precision_traps" => ("casts and quantisers", Formula),
            _ => throw new ArgumentException($"There is no golden file {file}."),
        };
        return new GoldenPlace(family, reference, $"{file}: {string.Join(" ", path.Take(2))}");
    }

    private static (string, string) OtherSchedule(string name) => name switch
    {
        _ when name.StartsWith("ddim-repo", StringComparison.Ordinal) => ("schedule sigmoid_beta", DdimAuthors),
        _ when name.Contains("zero-terminal", StringComparison.Ordinal) => ("schedule zero_terminal_snr", Diffusers),
        _ when name.StartsWith("lucidrains linear", StringComparison.Ordinal) => ("schedule linear_scaled", Lucidrains),
        _ => ($"schedule {name.Split(" T=")[0].Split(' ')[^1]}", name.StartsWith("lucidrains", StringComparison.Ordinal) ? Lucidrains : Diffusers),
    };

    private static (string, string) Sampler(string name) => name.Split('/')[0] switch
    {
        "ddim_reverse" => ("DDIM inversion", Improved),
        "ddim_authors" => ("sampler ddim", DdimAuthors),
        "ddpm_noisy_authors" => ("sampler ancestral", DdimAuthors),
        "official_progressive" => ("sampler ancestral, progressive", Official),
        "ancestral" or "ddim" => ($"sampler {name.Split('/')[0]}", Improved),
        _ => ("classifier guidance", Guided),
    };

    private static (string, string) Solver(string name) => name.Split('/')[0] switch
    {
        "dpmsolver" or "dpmsolver++" => ("sampler dpm_solver", DpmSolver),
        "dpm_solver_schedule" => ("time between timesteps", DpmSolver),
        "exact_probability_flow" => ("exact probability flow", Formula),
        "k_sigmas" => ("ladders of noise levels", KDiffusion),
        _ => ($"sampler {name.Split('/', ' ')[1].Replace("sample_", "", StringComparison.Ordinal)}", KDiffusion),
    };

    private static (string, string) Network(string name, IReadOnlyList<string> path) => name switch
    {
        "timestep_embedding" => ("embedding of t", path[1].StartsWith("official", StringComparison.Ordinal) ? DdimAuthors : Improved),
        "parameter_counts" => ("parameter counts", path[1].StartsWith("official", StringComparison.Ordinal) ? DdimAuthors : Improved),
        _ when name.StartsWith("improved", StringComparison.Ordinal) => ("network improved_unet", Improved),
        _ => ("network ddpm_unet and its blocks", DdimAuthors),
    };

    private static (string, string) Quality(IReadOnlyList<string> path) => path[0] switch
    {
        "fid" => ("Fréchet distance", path[2].Split('_', ' ')[0] switch
        {
            "official" or "trace" => Official,
            "pytorch" => "mseitzer/pytorch-fid",
            "edm" => "NVlabs/edm",
            "clean" => CleanFid,
            "torch" => TorchFidelity,
            _ => Formula,
        }),
        "inception_score" => ("Inception score", path[1].StartsWith("official", StringComparison.Ordinal) ? Official : TorchFidelity),
        "kid" => ("kernel distance", path[1].StartsWith("clean", StringComparison.Ordinal) ? CleanFid : TorchFidelity),
        "precision_recall" => ("precision and recall", TorchFidelity),
        "resize" => ("resizing", path[1].Contains("torch_", StringComparison.Ordinal) ? "PyTorch" : TorchFidelity),
        _ => ("feature statistics", "NumPy"),
    };

    private static (string, string) Training(string name) => name switch
    {
        "loss_second_moment" => ("timestep sampler importance", Improved),
        _ when name.StartsWith("optimizer", StringComparison.Ordinal) => ("optimiser, clipping, warm-up", "PyTorch"),
        _ when name.StartsWith("loss weights", StringComparison.Ordinal) => ("weights of losses", Formula),
        _ when name.StartsWith("diffusers", StringComparison.Ordinal) => ("moving averages", Diffusers),
        _ when name.StartsWith("k-diffusion", StringComparison.Ordinal) => ("moving averages", KDiffusion),
        _ when name.StartsWith("edm", StringComparison.Ordinal) => ("moving averages", "NVlabs/edm2"),
        _ => ("moving averages", Improved),
    };
}
