"""The benchmark's peer: the same U-Net, batch and step in PyTorch, written for this comparison.

Reads one JSON object from the command line, then commands from standard input, one a line, and answers each with one line:
  step LAYOUT COUNT      seconds of COUNT training steps (noising, loss, backward, clip, Adam, EMA)
  forward LAYOUT COUNT   seconds of COUNT network evaluations
  parameters             number of parameters
  peak                   the process's peak resident bytes
LAYOUT is contiguous or channels_last; each has its own network, made at its first use.
"""
import json
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def swish(x):
    return F.silu(x)


class Block(nn.Module):
    def __init__(self, cin, cout, temb, groups, dropout):
        super().__init__()
        self.norm1 = nn.GroupNorm(min(groups, cin), cin, eps=1e-6)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.temb = nn.Linear(temb, cout)
        self.norm2 = nn.GroupNorm(min(groups, cout), cout, eps=1e-6)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        self.skip = nn.Conv2d(cin, cout, 1) if cin != cout else nn.Identity()

    def forward(self, x, temb):
        h = self.conv1(swish(self.norm1(x)))
        h = h + self.temb(temb)[:, :, None, None]
        h = self.conv2(self.dropout(swish(self.norm2(h))))
        return self.skip(x) + h


class Attention(nn.Module):
    def __init__(self, c, groups):
        super().__init__()
        self.norm = nn.GroupNorm(min(groups, c), c, eps=1e-6)
        self.q = nn.Conv2d(c, c, 1)
        self.k = nn.Conv2d(c, c, 1)
        self.v = nn.Conv2d(c, c, 1)
        self.out = nn.Conv2d(c, c, 1)

    def forward(self, x):
        n, c, height, width = x.shape
        h = self.norm(x)
        q, k, v = (f(h).reshape(n, c, height * width) for f in (self.q, self.k, self.v))
        w = torch.bmm(q.transpose(1, 2), k).mul_(c ** -0.5).softmax(-1)
        return x + self.out(torch.bmm(v, w.transpose(1, 2)).reshape(n, c, height, width))


class Unet(nn.Module):
    def __init__(self, s):
        super().__init__()
        ch, mult, size, groups = s["channels"], s["multipliers"], s["size"], s["groups"]
        self.ch = ch
        temb = 4 * ch
        self.dense0, self.dense1 = nn.Linear(ch, temb), nn.Linear(temb, temb)
        self.conv_in = nn.Conv2d(s["image_channels"], ch, 3, padding=1)
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        widths, width = [ch], ch
        for level, m in enumerate(mult):
            stage = nn.ModuleList()
            for _ in range(s["blocks"]):
                stage.append(self.unit(width, m * ch, temb, s, size >> level))
                width = m * ch
                widths.append(width)
            self.down.append(stage)
            if level < len(mult) - 1:
                self.shrink.append(nn.Conv2d(width, width, 3, stride=2))
                widths.append(width)
        self.mid1, self.mid_attention, self.mid2 = Block(width, width, temb, groups, s["dropout"]), Attention(width, groups), Block(width, width, temb, groups, s["dropout"])
        self.up, self.enlarge = nn.ModuleList(), nn.ModuleList()
        for level in reversed(range(len(mult))):
            stage = nn.ModuleList()
            for _ in range(s["blocks"] + 1):
                stage.append(self.unit(width + widths.pop(), mult[level] * ch, temb, s, size >> level))
                width = mult[level] * ch
            self.up.append(stage)
            if level > 0:
                self.enlarge.append(nn.Conv2d(width, width, 3, padding=1))
        self.norm_out = nn.GroupNorm(min(groups, width), width, eps=1e-6)
        self.conv_out = nn.Conv2d(width, s["image_channels"], 3, padding=1)

    @staticmethod
    def unit(cin, cout, temb, s, resolution):
        attention = Attention(cout, s["groups"]) if resolution in s["attention"] else None
        return nn.ModuleList([Block(cin, cout, temb, s["groups"], s["dropout"])] + ([attention] if attention else []))

    @staticmethod
    def apply_unit(unit, x, temb):
        h = unit[0](x, temb)
        return unit[1](h) if len(unit) > 1 else h

    def forward(self, x, t):
        half = self.ch // 2
        angles = t.float()[:, None] * torch.exp(torch.arange(half, dtype=torch.float32) * (-math.log(10000) / (half - 1)))[None]
        temb = self.dense1(swish(self.dense0(torch.cat([angles.sin(), angles.cos()], 1))))
        temb = swish(temb)
        h = self.conv_in(x)
        skips = [h]
        for level, stage in enumerate(self.down):
            for unit in stage:
                h = self.apply_unit(unit, h, temb)
                skips.append(h)
            if level < len(self.shrink):
                h = self.shrink[level](F.pad(h, (0, 1, 0, 1)))
                skips.append(h)
        h = self.mid2(self.mid_attention(self.mid1(h, temb)), temb)
        for i, stage in enumerate(self.up):
            for unit in stage:
                h = self.apply_unit(unit, torch.cat([h, skips.pop()], 1), temb)
            if i < len(self.enlarge):
                h = self.enlarge[i](F.interpolate(h, scale_factor=2.0, mode="nearest"))
        return self.conv_out(swish(self.norm_out(h)))


class Training:
    def __init__(self, s, layout):
        self.format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        self.net = Unet(s).to(memory_format=self.format).train()
        self.parameters = list(self.net.parameters())
        self.ema = [p.detach().clone() for p in self.parameters]
        self.optimizer = torch.optim.Adam(self.parameters, lr=2e-4, foreach=True)
        betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
        bars = torch.cumprod(1 - betas, 0)
        self.signal, self.noise = bars.sqrt().float(), (1 - bars).sqrt().float()
        shape = (s["batch"], s["image_channels"], s["size"], s["size"])
        self.x0 = (torch.rand(shape) * 2 - 1).contiguous(memory_format=self.format)

    def step(self):
        t = torch.randint(0, 1000, (len(self.x0),))
        eps = torch.randn_like(self.x0)
        xt = self.signal[t][:, None, None, None] * self.x0 + self.noise[t][:, None, None, None] * eps
        loss = F.mse_loss(self.net(xt, t), eps)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_mul_(self.ema, 0.9999)
            torch._foreach_add_(self.ema, self.parameters, alpha=0.0001)

    def forward(self):
        with torch.inference_mode():
            self.net(self.x0, torch.full((len(self.x0),), 500))


def main():
    s = json.loads(sys.argv[1])
    torch.set_num_threads(s["threads"])
    made = {}
    for line in sys.stdin:
        words = line.split()
        if words[0] == "parameters":
            print(sum(p.numel() for p in Unet(s).parameters()), flush=True)
        elif words[0] == "peak":
            with open("/proc/self/status") as status:
                print(next(int(row.split()[1]) * 1024 for row in status if row.startswith("VmHWM")), flush=True)
        else:
            training = made.setdefault(words[1], None) or Training(s, words[1])
            made[words[1]] = training
            if words[0] == "forward":
                training.net.eval()
            action = training.step if words[0] == "step" else training.forward
            begun = time.perf_counter()
            for _ in range(int(words[2])):
                action()
            print(time.perf_counter() - begun, flush=True)


main()
