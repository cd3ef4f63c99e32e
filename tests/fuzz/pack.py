#!/usr/bin/env python3
"""A fuzzing corpus as one file: pack.py pack FOLDER FILE, pack.py unpack FILE FOLDER.

Each input is a line with its length in decimal digits, its bytes, and a line end: what replay.c reads. Inputs
go by their content, sorted, so that a corpus that did not change gives the same file."""

import hashlib
import os
import sys


def pack(folder, file):
    inputs = set()
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            inputs.add(f.read())
    with open(file, "wb") as out:
        for data in sorted(inputs, key=lambda data: (len(data), data)):
            out.write(b"%d\n" % len(data) + data + b"\n")


def unpack(file, folder):
    os.makedirs(folder, exist_ok=True)
    with open(file, "rb") as f:
        while line := f.readline():
            data = f.read(int(line))
            f.read(1)
            with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as out:
                out.write(data)


if __name__ == "__main__":
    {"pack": pack, "unpack": unpack}[sys.argv[1]](sys.argv[2], sys.argv[3])
