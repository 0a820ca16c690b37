#!/bin/sh
# Builds every sample's object, and those of the benchmarks, beside the source: samples/build.sh [CLANG]
# The built objects are committed, so that the samples run without a compiler.
set -eu
cd "$(dirname "$0")"
clang=${1:-clang-19}
for source in */*.bpf.c ../benchmarks/src/main/bpf/*.bpf.c; do
  object=${source%.bpf.c}.bpf.o
  # The path prefix is cut off: debug information is the same wherever the tree lies.
  "$clang" -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror \
    -ffile-prefix-map="$PWD"=. -fdebug-compilation-dir=. \
    -Iinclude -isystem "/usr/include/$(uname -m)-linux-gnu" \
    -c "$source" -o "$object"
  echo "$object"
done
