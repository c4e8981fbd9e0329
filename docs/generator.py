#!/usr/bin/env python3
"""Draws pictures with a generator trained by GanFunctions. Needs only PyTorch 1.10 or later.

    python3 generator.py first-00005.safetensors --count 64 --seed 1

writes pictures.pgm, pictures.ppm for colour pictures, or pictures.png for transparent ones. The generator of a conditional run draws one class:

    python3 generator.py first-00005.safetensors --label 7
    python3 generator.py pets-00005.safetensors --label cats
"""
import argparse
import json
import math
import struct
import zlib

import torch
from torch import nn
from torch.nn import functional

LATENT_SIZE = 100
LEAK = 0.2


def read_safetensors(path):
    """Returns the tensors of a file by name, and its metadata. Format: https://github.com/huggingface/safetensors#format"""
    types = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "U8": torch.uint8}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        content = bytearray(file.read())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(content[start:end], dtype=types[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


class Generator(nn.Module):
    """Maps noise [batch, 100], and for conditional generators a class index per picture, to pictures [batch, channels, side, side] in [-1, 1].
    The channels are grey, RGB, or RGBA with colours premultiplied by alpha. The shapes of the weights determine the size of the layers."""

    def __init__(self, weights, labels, epsilon, names=None):
        super().__init__()
        self.labels = labels
        self.names = names or [str(label) for label in labels]
        self.ups = sum(name.startswith("up") for name in weights)
        features = weights["dense.weight"].shape[0]
        self.dense = nn.Linear(LATENT_SIZE, features, bias=False)
        if labels:
            self.classes = nn.Embedding(len(labels), features)
        self.norm0 = nn.BatchNorm1d(features, epsilon)
        for layer in range(1, self.ups + 1):
            width_in, width_out, kernel, _ = weights[f"up{layer}.weight"].shape
            if kernel == 5:  # the dcgan networks: each layer but the first doubles the side
                stride = 1 if layer == 1 else 2
                up = nn.ConvTranspose2d(width_in, width_out, 5, stride, padding=2, output_padding=stride - 1, bias=False)
            else:  # the compact networks: each layer doubles the side
                up = nn.ConvTranspose2d(width_in, width_out, 4, 2, padding=1, bias=False)
            self.add_module(f"up{layer}", up)
            if f"norm{layer}.weight" in weights:
                self.add_module(f"norm{layer}", nn.BatchNorm2d(width_out, epsilon))
        self.output = nn.Identity()
        if "output.weight" in weights:
            channels, width, kernel, _ = weights["output.weight"].shape
            self.output = nn.Conv2d(width, channels, kernel, padding=kernel // 2, bias=False)
        self.load_state_dict(weights)
        self.eval()

    def forward(self, noise, classes=None):
        x = self.dense(noise)
        if self.labels:
            x = x + self.classes(classes)
        x = functional.leaky_relu(self.norm0(x), LEAK)
        channels = self.up1.in_channels
        side = math.isqrt(x.shape[1] // channels)
        x = x.view(-1, channels, side, side)
        for layer in range(1, self.ups + 1):
            x = getattr(self, f"up{layer}")(x)
            if hasattr(self, f"norm{layer}"):
                x = functional.leaky_relu(getattr(self, f"norm{layer}")(x), LEAK)
        return torch.tanh(self.output(x))

    def classes_of(self, wanted):
        """Returns the class index of each label. An int is a label; a str is a name, in any case, or else a label."""
        return torch.tensor([self.class_of(label) for label in wanted])

    def class_of(self, label):
        if not self.labels:
            raise SystemExit(f"label: {label} is not valid; this generator is not conditional.")
        if isinstance(label, str):
            if label in self.names:
                return self.names.index(label)
            folded = [name.casefold() for name in self.names]
            if label.casefold() in folded:
                return folded.index(label.casefold())
            label = int(label) if label.isdecimal() else label
        if label in self.labels:
            return self.labels.index(label)
        valid = (name if name == str(number) else f"{name} ({number})" for name, number in zip(self.names, self.labels))
        raise SystemExit(f"label: {label} is not valid; it must be one of {', '.join(valid)}.")


def load_generator(path, weights="ema"):
    """Loads the generator of a file, with the moving average of its weights (ema) or the weights of the last step (raw)."""
    tensors, metadata = read_safetensors(path)
    if metadata.get("architecture", "").split("-")[0] not in ("dcgan", "compact"):
        raise SystemExit(f"{path} has the unknown architecture '{metadata.get('architecture')}'.")
    labels = [int(label) for label in metadata.get("labels", "").split()]
    names = json.loads(metadata["labelNames"]) if "labelNames" in metadata else None
    prefix = weights + "."
    chosen = {name[len(prefix):]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return Generator(chosen, labels, float(metadata["batch_norm_epsilon"]), names)


def draw(generator, noise, label=None):
    """Draws pictures [batch, channels, side, side] in [-1, 1] of one label or class name; without it, a conditional generator cycles through all."""
    with torch.no_grad():
        if label is None and not generator.labels:
            return generator(noise)
        count = len(noise)
        wanted = [generator.labels[i % len(generator.labels)] for i in range(count)] if label is None else [label] * count
        return generator(noise, generator.classes_of(wanted))


def save_grid(pictures, path):
    """Writes a grid of pictures as a PGM, PPM or PNG file and returns the file name."""
    count, channels, side, _ = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    grid = torch.zeros(rows * side, columns * side, channels, dtype=torch.uint8)
    for i, picture in enumerate(((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)):
        top, left = i // columns * side, i % columns * side
        grid[top:top + side, left:left + side] = picture.permute(1, 2, 0)
    suffix = {1: ".pgm", 3: ".ppm", 4: ".png"}[channels]
    with open(path + suffix, "wb") as file:
        if channels == 4:
            file.write(png(straight(grid)))
        else:
            file.write(f"{'P5' if channels == 1 else 'P6'} {columns * side} {rows * side} 255\n".encode())
            file.write(bytes(grid.flatten().tolist()))
    return path + suffix


def straight(pixels):
    """Divides the colours of RGBA pixels [height, width, 4], which are premultiplied, by alpha. PNG files and most programs expect that."""
    alpha = pixels[:, :, 3:].int()
    colours = (pixels[:, :, :3].int() * 255 / alpha.clamp(min=1)).round().clamp(0, 255)
    return torch.cat([colours * (alpha > 0), alpha], dim=2).to(torch.uint8)


def png(pixels):
    """Returns RGBA pixels [height, width, 4] as a PNG file. Format: https://www.w3.org/TR/png-3/"""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits per channel, RGBA
    lines = b"".join(b"\0" + bytes(line.flatten().tolist()) for line in pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def main():
    arguments = argparse.ArgumentParser(description="Draws pictures with a generator trained by GanFunctions.")
    arguments.add_argument("file", help="the safetensors file of a generator")
    arguments.add_argument("--weights", choices=["ema", "raw"], default="ema", help="the moving average of the weights (default), or the weights of the last step")
    arguments.add_argument("--count", type=int, default=64, help="number of pictures")
    arguments.add_argument("--seed", type=int, default=0, help="seed of the noise; gives different noise than the same seed in the app")
    arguments.add_argument("--label", help="name or label of the class to draw, for conditional generators; default: all in turn")
    arguments.add_argument("--noise", help="read the noise from this file: float32, little-endian, 100 values per picture")
    arguments.add_argument("--numbers", help="write the pictures to this file as float32 in [-1, 1] instead of a picture file")
    arguments.add_argument("--out", default="pictures", help="name of the picture file without extension")
    given = arguments.parse_args()

    generator = load_generator(given.file, given.weights)
    if given.noise:
        with open(given.noise, "rb") as file:
            noise = torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(-1, LATENT_SIZE)
    else:
        noise = torch.randn(given.count, LATENT_SIZE, generator=torch.Generator().manual_seed(given.seed))
    pictures = draw(generator, noise, given.label)
    if given.numbers:
        with open(given.numbers, "wb") as file:
            file.write(struct.pack(f"<{pictures.numel()}f", *pictures.flatten().tolist()))
    else:
        print(save_grid(pictures, given.out))


if __name__ == "__main__":
    main()
