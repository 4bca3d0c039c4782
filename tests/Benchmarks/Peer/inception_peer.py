"""The peer of the feature pass: the Inception network of 2015-12-05 in PyTorch, as a user of PyTorch has it (convolution, batch norm and rectifier as three modules), with random weights.

Reads one JSON object from the command line, then commands from standard input, one a line, and answers each with one line:
  forward LAYOUT COUNT   seconds of COUNT passes of a batch
LAYOUT is contiguous or channels_last; each has its own network, made at its first use.
"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Conv(nn.Module):
    def __init__(self, cin, cout, kernel, stride=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride=stride, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(cout, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Pool(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        if self.kind == "halve":
            return F.max_pool2d(x, 3, stride=2)
        if self.kind == "max":
            return F.max_pool2d(x, 3, stride=1, padding=1)
        return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def same(cin, cout, height, width):
    return Conv(cin, cout, (height, width), padding=(height // 2, width // 2))


class Branches(nn.Module):
    """Branches that share a stem, side by side."""

    def __init__(self, *branches, stem=None):
        super().__init__()
        self.stem = stem or nn.Identity()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        x = self.stem(x)
        return torch.cat([branch(x) for branch in self.branches], 1)


def block_a(cin, pool):
    return Branches(
        same(cin, 64, 1, 1),
        nn.Sequential(same(cin, 48, 1, 1), same(48, 64, 5, 5)),
        nn.Sequential(same(cin, 64, 1, 1), same(64, 96, 3, 3), same(96, 96, 3, 3)),
        nn.Sequential(Pool("mean"), same(cin, pool, 1, 1)))


def block_b():
    return Branches(Conv(288, 384, 3, stride=2), nn.Sequential(same(288, 64, 1, 1), same(64, 96, 3, 3), Conv(96, 96, 3, stride=2)), Pool("halve"))


def block_c(c):
    return Branches(
        same(768, 192, 1, 1),
        nn.Sequential(same(768, c, 1, 1), same(c, c, 1, 7), same(c, 192, 7, 1)),
        nn.Sequential(same(768, c, 1, 1), same(c, c, 7, 1), same(c, c, 1, 7), same(c, c, 7, 1), same(c, 192, 1, 7)),
        nn.Sequential(Pool("mean"), same(768, 192, 1, 1)))


def block_d():
    return Branches(
        nn.Sequential(same(768, 192, 1, 1), Conv(192, 320, 3, stride=2)),
        nn.Sequential(same(768, 192, 1, 1), same(192, 192, 1, 7), same(192, 192, 7, 1), Conv(192, 192, 3, stride=2)),
        Pool("halve"))


def block_e(cin, pool):
    return Branches(
        same(cin, 320, 1, 1),
        Branches(same(384, 384, 1, 3), same(384, 384, 3, 1), stem=same(cin, 384, 1, 1)),
        Branches(same(384, 384, 1, 3), same(384, 384, 3, 1), stem=nn.Sequential(same(cin, 448, 1, 1), same(448, 384, 3, 3))),
        nn.Sequential(Pool(pool), same(cin, 192, 1, 1)))


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            Conv(3, 32, 3, stride=2), Conv(32, 32, 3), same(32, 64, 3, 3), Pool("halve"), same(64, 80, 1, 1), Conv(80, 192, 3), Pool("halve"),
            block_a(192, 32), block_a(256, 64), block_a(288, 64), block_b(), block_c(128), block_c(160), block_c(160), block_c(192), block_d(),
            block_e(1280, "mean"), block_e(2048, "max"))
        self.fc = nn.Linear(2048, 1008)

    def forward(self, x):
        features = F.adaptive_avg_pool2d(self.body(x / 127.5 - 1), (1, 1)).flatten(1)
        return features, self.fc(features)


def main():
    setting = json.loads(sys.argv[1])
    torch.set_num_threads(setting["threads"])
    made = {}
    images = torch.rand(setting["batch"], 3, 299, 299) * 255
    for line in sys.stdin:
        _, layout, count = line.split()
        layout = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        if layout not in made:
            made[layout] = Inception().to(memory_format=layout).eval()
        x = images.contiguous(memory_format=layout)
        with torch.inference_mode():
            begun = time.perf_counter()
            for _ in range(int(count)):
                made[layout](x)
            print(time.perf_counter() - begun, flush=True)


main()
