"""Families that the values of the reference programs here lack, from their equations, in Python's doubles, with nothing but the standard library.

Written for this project. Prints family_equations.json:

    python3 family_equations.py > family_equations.json

Sources: exp is betas_for_alpha_bar of diffusers in float64; zero_terminal_snr is Lin et al. 2024 (arXiv:2305.08891), algorithm 1; power_function is Karras et al. 2023
(arXiv:2312.02696), section 3.1; the grids are those of diffusers' DDIM scheduler; the walks are Karras et al. 2022 (arXiv:2206.00364), algorithm 1 and eq. 5, and the ancestral
step of crowsonkb/k-diffusion, for data N(0.1, 0.5^2), whose ideal denoiser is known.
"""
import json
import math
import struct

MEAN, SPREAD = 0.1, 0.5
PIXELS = 6


def single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def noise(k):
    return [single(math.sqrt(2) * math.sin(0.5 + 1.7 * i + 2.3 * k + 0.01 * i * k)) for i in range(PIXELS)]


def exp_betas(T, rate):
    bar = lambda u: math.exp(-rate * u)
    return [min(1 - bar((t + 1) / T) / bar(t / T), 0.999) for t in range(T)]


def cosine(T):
    f = lambda u: math.cos((u / T + 0.008) / 1.008 * math.pi / 2) ** 2
    return [min(1 - f(t + 1) / f(t), 0.999) for t in range(T)]


def linear(T):
    return [1e-4 + (0.02 - 1e-4) * t / (T - 1) for t in range(T)]


def zero_terminal_snr(betas):
    roots, product = [], 1.0
    for beta in betas:
        product *= 1 - beta
        roots.append(math.sqrt(product))
    scaled = [(root - roots[-1]) * roots[0] / (roots[0] - roots[-1]) for root in roots]
    return [1 - (scaled[t] / (scaled[t - 1] if t else 1.0)) ** 2 for t in range(len(betas))]


def power_function(width, steps):
    # The largest root of g^3 + 7 g^2 + (16 - w^-2) g + (12 - w^-2), by Newton's steps from above.
    w = width ** -2
    g = 1e4
    for _ in range(200):
        g -= (g ** 3 + 7 * g ** 2 + (16 - w) * g + 12 - w) / (3 * g ** 2 + 14 * g + 16 - w)
    return [(1 - 1 / (n + 1)) ** (g + 1) for n in steps]


def karras(n, low, high, rho=7):
    a, b = high ** (1 / rho), low ** (1 / rho)
    return [(a + i / (n - 1) * (b - a)) ** rho for i in range(n)] + [0.0]


def exponential(n, low, high):
    return [math.exp(math.log(high) + i / (n - 1) * (math.log(low) - math.log(high))) for i in range(n)] + [0.0]


def denoised(x, sigma):
    return MEAN + SPREAD ** 2 / (SPREAD ** 2 + sigma ** 2) * (x - MEAN)


def walk(kind, sigmas, eta=1.0):
    x = [sigmas[0] * value for value in noise(1000)]
    for j in range(len(sigmas) - 1):
        s, t = sigmas[j], sigmas[j + 1]
        slope = [(value - denoised(value, s)) / s for value in x]
        if kind == "euler":
            x = [value + (t - s) * d for value, d in zip(x, slope)]
        elif kind == "heun":
            guess = [value + (t - s) * d for value, d in zip(x, slope)]
            x = guess if t == 0 else [value + (t - s) * (d + (g - denoised(g, t)) / t) / 2 for value, d, g in zip(x, slope, guess)]
        else:
            up = min(t, eta * math.sqrt(t ** 2 * (s ** 2 - t ** 2) / s ** 2))
            down = math.sqrt(t ** 2 - up ** 2)
            x = [value + (down - s) * d + up * e for value, d, e in zip(x, slope, noise(j))]
    return x


def half_even(x):
    return round(x)


STEPS = [0, 1, 2, 10, 100, 1000, 100000]
LADDERS = {"karras": karras(8, 0.03, 80), "exponential": exponential(8, 0.03, 80)}
print(json.dumps({
    "file": "family_equations.json",
    "source": "family_equations.py, beside this file",
    "schedules": {
        **{f"exp T={T}": exp_betas(T, 12.0) for T in (10, 100)},
        "exp rate=5 T=20": exp_betas(20, 5.0),
        **{f"zero_terminal_snr of linear T={T}": zero_terminal_snr(linear(T)) for T in (10, 100)},
        "zero_terminal_snr of cosine T=50": zero_terminal_snr(cosine(50)),
    },
    "power_function": {str(width): dict(zip(map(str, STEPS), power_function(width, STEPS))) for width in (0.05, 0.1, 0.2)},
    "grids": {
        **{f"leading T={T} S={S}": [i * (T // S) for i in range(S)] for T, S in ((1000, 50), (1000, 30), (100, 7))},
        **{f"trailing T={T} S={S}": sorted(half_even(T - i * T / S) - 1 for i in range(S)) for T, S in ((1000, 50), (1000, 30), (100, 7), (1000, 16))},
        **{f"linspace T={T} S={S}": [half_even(i * (T - 1) / (S - 1)) for i in range(S)] for T, S in ((1000, 30), (100, 7))},
    },
    "walks": {
        f"{kind} {ladder}": walk(*(("euler_ancestral", sigmas, 0.5) if kind == "euler_ancestral eta=0.5" else (kind, sigmas)))
        for kind in ("euler", "heun", "euler_ancestral", "euler_ancestral eta=0.5") for ladder, sigmas in LADDERS.items()
    },
}))
