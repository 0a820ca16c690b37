package io.bpf4j.prog;

/// Where an instruction came from (`.BTF.ext` line info): applies from `pc` on until the next
/// record.
///
/// @param pc slot of the first instruction, in the linked program
/// @param file the C file as the compiler was given it
/// @param line line number from 1
/// @param column column from 1; 0 unknown
/// @param text the source line, as BTF holds it
public record LineInfo(int pc, String file, int line, int column, String text) {
  /// `steer.bpf.c:27`: the file without its folders.
  public String place() {
    return file.substring(file.lastIndexOf('/') + 1) + ":" + line;
  }
}
