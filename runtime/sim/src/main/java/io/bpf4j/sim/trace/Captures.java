package io.bpf4j.sim.trace;

import io.bpf4j.error.InputException;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/// Opens traces: pcap, pcapng and CSV, each also packed with gzip. The content tells the format,
/// not the name of the file.
public final class Captures {
  private static final int GZIP_BUFFER = 1 << 16;

  /// The columns of a CSV trace are named in fewer bytes.
  private static final int FIRST_LINE = 256;

  private Captures() {}

  /// A capture file; `-` is standard input.
  ///
  /// @throws InputException when it cannot be opened or is no capture
  public static PacketSource open(Path path) {
    String name = path.toString();
    if (name.equals("-")) {
      return open("standard input", System.in);
    }
    try {
      if (Files.isDirectory(path)) {
        throw new InputException(name, "", "a directory, where a capture was expected");
      }
      return open(name, Files.newInputStream(path));
    } catch (NoSuchFileException e) {
      throw new InputException(name, "", "no such file", e);
    } catch (AccessDeniedException e) {
      throw new InputException(name, "", "permission denied", e);
    } catch (IOException e) {
      throw new InputException(name, "", "cannot be opened: " + e.getMessage(), e);
    }
  }

  /// A capture from a stream, which the source closes. `name` is for messages.
  ///
  /// @throws InputException when it is no capture
  public static PacketSource open(String name, InputStream stream) {
    CaptureInput input = new CaptureInput(stream);
    try {
      byte[] start = input.peek(4);
      if (start.length >= 2 && start[0] == 0x1f && (start[1] & 0xff) == 0x8b) {
        input = unpacked(name, input, stream);
        start = input.peek(4);
      }
      return reader(name, input, start);
    } catch (RuntimeException e) {
      input.close();
      throw e;
    }
  }

  private static CaptureInput unpacked(String name, CaptureInput packed, InputStream stream) {
    byte[] read = packed.peek(packed.available());
    try {
      InputStream whole = new SequenceInputStream(new ByteArrayInputStream(read), stream);
      return new CaptureInput(new GZIPInputStream(new BufferedInputStream(whole), GZIP_BUFFER));
    } catch (IOException e) {
      throw new InputException(name, "", "not readable as gzip: " + e.getMessage(), e);
    }
  }

  private static PacketSource reader(String name, CaptureInput input, byte[] start) {
    if (start.length < 4) {
      String failure = input.failure();
      if (failure != null) {
        throw new InputException(name, "", "cannot be read: " + failure);
      }
      throw new InputException(name, "", "no capture: a file of %d bytes".formatted(start.length));
    }
    int magic = Bytes.u32be(start, 0);
    if (magic == PcapngSource.SECTION) {
      return new PcapngSource(name, input);
    }
    if (PcapSource.isMagic(magic) || PcapSource.isMagic(Integer.reverseBytes(magic))) {
      return new PcapSource(name, input);
    }
    String text = new String(input.peek(FIRST_LINE), StandardCharsets.UTF_8);
    if (text.matches("(?s)[a-z, ]*\\bproto\\b[a-z, ]*\\r?\\n.*")) {
      return new CsvSource(name, input);
    }
    throw new InputException(
        name,
        "",
        "no trace: neither pcap nor pcapng starts with 0x%08x, and no first line names CSV columns"
            .formatted(magic));
  }
}
