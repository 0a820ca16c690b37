package io.bpf4j.sim.trace;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The bytes of a capture through a window that moves forward: what a reader has asked for lies
/// contiguous in [#bytes] from [#at] on, and reading it costs no copy and no object.
///
/// An error of the file system or a broken gzip stream ends the input, and [#failure] tells of it:
/// what was read before is still good.
final class CaptureInput implements AutoCloseable {
  private static final int WINDOW = 1 << 18;

  private final InputStream in;
  private byte[] bytes = new byte[WINDOW];
  private int at;
  private int limit;
  // The offset in the stream of bytes[0].
  private long base;
  private boolean ended;
  private @Nullable String failure;

  CaptureInput(InputStream in) {
    this.in = in;
  }

  byte[] bytes() {
    return bytes;
  }

  /// Index in [#bytes] of the next byte.
  int at() {
    return at;
  }

  /// Offset of the next byte in the capture, unpacked.
  long offset() {
    return base + at;
  }

  /// Bytes that can be had without reading; after `require` said no, all that is left.
  int available() {
    return limit - at;
  }

  @Nullable String failure() {
    return failure;
  }

  /// Makes the next `count` bytes available; false when the input ends before. The caller bounds
  /// `count`: the window grows to it.
  boolean require(int count) {
    return limit - at >= count || fill(count);
  }

  void advance(int count) {
    at += count;
  }

  /// Passes over bytes that need not lie in the window; false when the input ends before.
  boolean skip(long count) {
    long left = count;
    while (left > limit - at) {
      left -= limit - at;
      at = limit;
      if (!fill(1)) {
        return false;
      }
    }
    at += (int) left;
    return true;
  }

  private boolean fill(int count) {
    if (ended) {
      return false;
    }
    byte[] target = count > bytes.length ? new byte[growth(count)] : bytes;
    System.arraycopy(bytes, at, target, 0, limit - at);
    bytes = target;
    base += at;
    limit -= at;
    at = 0;
    try {
      while (limit < count) {
        int read = in.read(bytes, limit, bytes.length - limit);
        if (read < 0) {
          ended = true;
          return false;
        }
        limit += read;
      }
    } catch (IOException e) {
      ended = true;
      String reason = e.getMessage();
      failure = reason == null ? "cannot be read further" : reason;
      return false;
    }
    return true;
  }

  private static int growth(int count) {
    return Math.toIntExact(Math.min((long) count * 2, Integer.MAX_VALUE - 8L));
  }

  /// The next line of text without its line feed, or null at the end; one longer than `most` bytes
  /// is cut into several.
  @Nullable String line(int most) {
    int length = 0;
    while (length < most && require(length + 1) && bytes[at + length] != '\n') {
      length++;
    }
    if (length == 0 && available() == 0) {
      return null;
    }
    String text = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += Math.min(available(), length < most ? length + 1 : length);
    return text;
  }

  /// The first bytes, for telling the format; fewer when there are fewer.
  byte[] peek(int count) {
    boolean _ = require(count);
    return Arrays.copyOfRange(bytes, at, at + Math.min(count, limit - at));
  }

  @Override
  public void close() {
    ended = true;
    limit = at;
    try {
      in.close();
    } catch (IOException _) {
      // Nothing was written, so nothing is lost.
    }
  }
}
