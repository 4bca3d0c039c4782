using System.IO.Compression;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>Weights that others trained, read from their torch.save files, denoise what their authors trained them to: the proof that names, types and strides are right.</summary>
public class DenoiserTests
{
    private const int Images = 64;
    private const int Size = 28;

    [Fact]
    public void Predict_DigitsUnderNoise_FindsTheNoise()
    {
        set_num_threads(1);
        string digits = TestData.Files("mnist", "t10k-images-idx3-ubyte.gz")[0];
        foreach (string file in TestData.Files("ddpm-checkpoints", "*.pth"))
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable quiet = no_grad();
            Dictionary<string, Tensor> weights = Weights(file);
            Tensor x0 = Digits(digits);

            // Predicting nothing has the error 1. At t = 10 the noise is hardly there, at t = 999 there is nothing else.
            double early = Error(weights, x0, 10);
            double late = Error(weights, x0, 999);
            Assert.InRange(early, 0.10, 0.18); // 0.113 to 0.116 over 64 to 512 images
            Assert.InRange(late, 0.0003, 0.003); // 0.00045 to 0.00055
            Assert.InRange(Error(weights, x0, 300), late, early);
        }
    }

    private static double Error(Dictionary<string, Tensor> weights, Tensor x0, int t)
    {
        float[] noise = new float[x0.numel()];
        new RandomStream(1, RandomPurpose.Noise, t).FillNormal(noise);
        Tensor eps = tensor(noise, x0.shape);
        double alphaBar = weights["alpha_t"][t].item<float>();
        Tensor xt = Math.Sqrt(alphaBar) * x0 + Math.Sqrt(1 - alphaBar) * eps;
        return (Predict(weights, xt, (double)t / (weights["alpha_t"].numel() - 1)) - eps).square().mean().item<float>();
    }

    // Yichizz/hot_vs_cold_diffusion, ddpm_mnist/model_builder.py: four convolutions of 7 x 7, each with a normalisation over
    // the whole image; the embedded time, in [0, 1], is added after the first; one of 3 x 3 reads the noise.
    private static Tensor Predict(Dictionary<string, Tensor> weights, Tensor x, double time)
    {
        Tensor phases = weights["gt.frequencies"] * time;
        Tensor embedding = cat([phases.sin(), phases.cos() - 1]).unsqueeze(0);
        foreach (int layer in new[] { 0, 2, 4, 6 })
        {
            embedding = nn.functional.linear(embedding, weights[$"gt.time_embed.{layer}.weight"], weights[$"gt.time_embed.{layer}.bias"]);
            embedding = layer < 6 ? nn.functional.gelu(embedding) : embedding;
        }

        Tensor h = x;
        for (int block = 0; block < 4; block++)
        {
            string name = $"gt.blocks.{block}.net";
            h = nn.functional.conv2d(h, weights[$"{name}.0.weight"], weights[$"{name}.0.bias"], padding: [3, 3]);
            Tensor scale = weights[$"{name}.1.weight"];
            h = nn.functional.gelu(nn.functional.layer_norm(h, scale.shape, scale, weights[$"{name}.1.bias"]));
            h = block == 0 ? h + embedding.unsqueeze(-1).unsqueeze(-1) : h;
        }

        return nn.functional.conv2d(h, weights["gt.blocks.4.weight"], weights["gt.blocks.4.bias"], padding: [1, 1]);
    }

    private static Dictionary<string, Tensor> Weights(string file)
    {
        using StateDict dict = StateDict.Open(file);
        return dict.Tensors.Values.ToDictionary(found => found.Name, found => tensor(dict.ReadFloats(found), [.. found.Shape]));
    }

    // The first test images, in [-0.5, 0.5] as these networks were trained; IDX of bytes behind a header of 16.
    private static Tensor Digits(string file)
    {
        using GZipStream stream = new(File.OpenRead(file), CompressionMode.Decompress);
        byte[] bytes = new byte[16 + Images * Size * Size];
        stream.ReadExactly(bytes);
        return tensor([.. bytes[16..].Select(value => value / 255f - 0.5f)], [Images, 1, Size, Size]);
    }
}
