"""The bound of Ho et al. 2020 (arXiv:2006.11239) from its equations, in Python's doubles, with nothing but the standard library.

Written for this project, as a second opinion on combinations that the values of the reference programs lack: every prediction with every variance, other numbers of levels, the
exact decoder, respaced processes, a single timestep. Prints bound_equations.json. Inputs are those of the other golden files; test() compares with bpd.json first.

    python3 bound_equations.py > bound_equations.json
"""
import json
import math
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
C, PIXELS = 3, 16
SIZE = C * PIXELS
LN2 = math.log(2)


def cosine(T):
    f = lambda u: math.cos((u / T + 0.008) / 1.008 * math.pi / 2) ** 2
    return [min(1 - f(t + 1) / f(t), 0.999) for t in range(T)]


def linear(T):
    lo, hi = 1e-4 * 1000 / T, 0.02 * 1000 / T
    return [lo + (hi - lo) * t / (T - 1) for t in range(T)]


def respaced(betas, kept):
    bars, product = [], 1.0
    for beta in betas:
        product *= 1 - beta
        bars.append(product)
    return [1 - bars[k] / (bars[kept[i - 1]] if i else 1.0) for i, k in enumerate(kept)]


def noise(k):
    return [struct.unpack("f", struct.pack("f", math.sqrt(2) * math.sin(0.5 + 1.7 * i + 2.3 * k + 0.01 * i * k)))[0] for i in range(2 * SIZE)]


def phi(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def tanh_phi(z):
    return 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z ** 3)))


def log_mass(x, mean, log_scale, levels, decoder):
    half = 1 / (levels - 1)
    lower, upper = (x - half - mean) * math.exp(-log_scale), (x + half - mean) * math.exp(-log_scale)
    first, last = x < -1 + half, x > 1 - half
    if decoder == "tanh":
        return math.log(max(tanh_phi(upper) if first else 1 - tanh_phi(lower) if last else tanh_phi(upper) - tanh_phi(lower), 1e-12))
    if first:
        return math.log(phi(upper))
    if last:
        return math.log(phi(-lower))
    return math.log(phi(-lower) - phi(-upper) if lower + upper > 0 else phi(upper) - phi(lower))


def kl(mean1, log_variance1, mean2, log_variance2):
    return 0.5 * (-1 + log_variance2 - log_variance1 + math.exp(log_variance1 - log_variance2) + (mean1 - mean2) ** 2 * math.exp(-log_variance2))


def bound(betas, prediction, variance, clip, levels, decoder, x0, seen=None):
    """Per image: prior, and at each t term, x0 MSE and eps MSE, as lists."""
    T = len(betas)
    bar, product = [], 1.0
    for beta in betas:
        product *= 1 - beta
        bar.append(product)
    prev = [1.0] + bar[:-1]
    tilde = [betas[t] * (1 - prev[t]) / (1 - bar[t]) for t in range(T)]
    clipped = [math.log(tilde[max(t, 1)]) if T > 1 else math.log(betas[0]) for t in range(T)]
    large = [clipped[0]] + [math.log(beta) for beta in betas[1:]]
    rows = []
    for row in range(2):
        image = x0[row * SIZE:(row + 1) * SIZE]
        prior = sum(kl(math.sqrt(bar[-1]) * x, math.log(1 - bar[-1]), 0, 0) for x in image) / SIZE / LN2
        terms, x0_mse, eps_mse = [], [], []
        for t in range(T):
            eps = noise(T - 1 - t)[row * SIZE:(row + 1) * SIZE]
            a, s = math.sqrt(bar[t]), math.sqrt(1 - bar[t])
            c1, c2 = betas[t] * math.sqrt(prev[t]) / (1 - bar[t]), math.sqrt(1 - betas[t]) * (1 - prev[t]) / (1 - bar[t])
            shown = seen[t] if seen else t
            total = squares = noise_squares = 0.0
            for i, (x, e) in enumerate(zip(image, eps)):
                channel, xt = i // PIXELS, a * x + s * e
                output = 0.5 * xt + 0.25 * math.sin(0.01 * shown + channel)
                second = 0.1 * xt + 0.3 * math.cos(0.02 * shown + channel)
                pred = {"eps": lambda: (xt - s * output) / a, "xstart": lambda: output, "xprev": lambda: (output - c2 * xt) / c1, "v": lambda: a * xt - s * output}[prediction]()
                if clip:
                    pred = min(1.0, max(-1.0, pred))
                mean = output if prediction == "xprev" else c1 * pred + c2 * xt
                log_variance = {
                    "fixedsmall": lambda: clipped[t],
                    "fixedlarge": lambda: large[t],
                    "learned": lambda: second,
                    "learned_range": lambda: (second + 1) / 2 * math.log(betas[t]) + (1 - second) / 2 * clipped[t],
                }[variance]()
                if t:
                    total += kl(c1 * x + c2 * xt, clipped[t], mean, log_variance)
                else:
                    total -= log_mass(x, mean, 0.5 * log_variance, levels, decoder)
                squares += (pred - x) ** 2
                noise_squares += ((xt - a * pred) / s - e) ** 2
            terms.append(total / SIZE / LN2)
            x0_mse.append(squares / SIZE)
            eps_mse.append(noise_squares / SIZE)
        rows.append((prior, terms, x0_mse, eps_mse))
    return rows


with open(os.path.join(HERE, "bpd.json"), encoding="utf-8") as file:
    BPD = json.load(file)
U8 = BPD["inputs"]["u8"]["data"]


def grid(levels):
    """The golden pixels on a coarser grid of levels."""
    return [2 * (u * levels // 256) / (levels - 1) - 1 for u in U8]


def test():
    for name, golden in BPD["cases"].items():
        schedule, steps, kind, prediction, variance, clip = name.split("/")
        if kind != "f64":
            continue
        betas = {"cosine": cosine, "linear": linear}[schedule](int(steps[2:]))
        for row, (prior, terms, x0_mse, eps_mse) in enumerate(bound(betas, prediction, variance, clip == "clip=True", 256, "tanh", grid(256))):
            for ours, theirs in [([prior], [golden["prior_bpd"][row]]), (terms, golden["vb_by_t"][row]), (x0_mse, golden["xstart_mse_by_t"][row]), (eps_mse, golden["mse_by_t"][row])]:
                assert all(math.isclose(o, g, rel_tol=1e-9, abs_tol=1e-9) for o, g in zip(ours, theirs, strict=True)), name


def main():
    test()
    cases = []

    def add(schedule, prediction, variance, clip, levels, decoder, kept=None):
        name, T = schedule
        betas = {"cosine": cosine, "linear": linear}[name](T)
        rows = bound(respaced(betas, kept) if kept else betas, prediction, variance, clip, levels, decoder, grid(levels), kept)
        cases.append({
            "schedule": name, "timesteps": T, "kept": kept, "prediction": prediction, "variance": variance, "clip": clip, "levels": levels, "decoder": decoder,
            "rows": [{"prior": p, "decoder": v[0], "kl": sum(v[1:]), "x0_mse": sum(m), "eps_mse": sum(e)} for p, v, m, e in rows],
        })

    predictions, variances = ["eps", "xstart", "xprev", "v"], ["fixedsmall", "fixedlarge", "learned", "learned_range"]
    for schedule in [("cosine", 10), ("linear", 25)]:
        for prediction in predictions:
            for variance in variances:
                for clip in [True, False]:
                    add(schedule, prediction, variance, clip, 256, "tanh")
    for levels in [2, 17, 256]:
        for prediction in predictions:
            for variance in ["fixedlarge", "learned"]:
                add(("cosine", 10), prediction, variance, True, levels, "exact")
        add(("cosine", 10), "eps", "learned", True, levels, "tanh")
    for prediction in ["eps", "xstart", "v"]:
        for variance in ["fixedsmall", "fixedlarge", "learned_range"]:
            add(("cosine", 10), prediction, variance, True, 256, "tanh", [0, 3, 6, 9])
    for prediction in predictions:
        add(("cosine", 1), prediction, "fixedsmall", True, 256, "exact")
    print(json.dumps({"file": "bound_equations.json", "source": "bound_equations.py, beside this file", "cases": cases}, separators=(",", ":")).replace('{"schedule"', '\n{"schedule"'))


main()
