package io.bpf4j.lookup;

import io.bpf4j.error.Errno;
import io.bpf4j.error.ErrnoException;
import io.bpf4j.net.Family;
import io.bpf4j.sklookup.SkLookupCtx;
import io.bpf4j.sock.Probe;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Reads the context of a test run as the kernel does (net/bpf/test_run.c bpf_ctx_init,
/// bpf_prog_test_run_sk_lookup), in its order of checks.
final class TestRunCtx {
  private static final int PAGE = 4096;
  private static final int COOKIE_BYTES = 8;
  private static final int MAX_PORT = 0xffff;

  private TestRunCtx() {}

  /// The context with its full length; a short one is filled up with zeros.
  ///
  /// @throws ErrnoException E2BIG when it is longer than a page, or what is behind its end is not
  ///   0; EINVAL for a cookie or an interface
  static byte[] checked(byte[] input) {
    if (input.length > PAGE) {
      throw refuse(Errno.E2BIG, "the context has %d bytes".formatted(input.length));
    }
    for (int i = SkLookupCtx.SIZE; i < input.length; i++) {
      if (input[i] != 0) {
        throw refuse(Errno.E2BIG, "byte " + i + " is behind the context's end and not 0");
      }
    }
    byte[] ctx = Arrays.copyOf(input, SkLookupCtx.SIZE);
    for (int i = 0; i < ctx.length; i++) {
      boolean mustBeZero = i < COOKIE_BYTES || i >= SkLookupCtx.INGRESS_IFINDEX;
      if (mustBeZero && ctx[i] != 0) {
        String field = i < COOKIE_BYTES ? "cookie" : "ingress_ifindex";
        throw refuse(Errno.EINVAL, field + " must be 0");
      }
    }
    return ctx;
  }

  /// The packet in a checked context. Family and protocol count with 16 bits; the protocol may be
  /// anything.
  ///
  /// @throws ErrnoException ERANGE for a port, EAFNOSUPPORT for a family
  static void read(byte[] bytes, Probe into) {
    ByteBuffer ctx = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int port = ctx.getInt(SkLookupCtx.LOCAL_PORT);
    if (port < 0 || port > MAX_PORT) {
      throw refuse(Errno.ERANGE, "local_port " + Integer.toUnsignedString(port));
    }
    int family = ctx.getInt(SkLookupCtx.FAMILY) & 0xffff;
    int protocol = ctx.getInt(SkLookupCtx.PROTOCOL) & 0xffff;
    int remotePort = Short.toUnsignedInt(Short.reverseBytes(ctx.getShort(SkLookupCtx.REMOTE_PORT)));
    if (family == Family.INET.number()) {
      long remote = address4(ctx, SkLookupCtx.REMOTE_IP4);
      long local = address4(ctx, SkLookupCtx.LOCAL_IP4);
      into.set(family, protocol, 0, remote, remotePort, 0, local, port, 0);
    } else if (family == Family.INET6.number()) {
      into.set(
          family,
          protocol,
          Long.reverseBytes(ctx.getLong(SkLookupCtx.REMOTE_IP6)),
          Long.reverseBytes(ctx.getLong(SkLookupCtx.REMOTE_IP6 + 8)),
          remotePort,
          Long.reverseBytes(ctx.getLong(SkLookupCtx.LOCAL_IP6)),
          Long.reverseBytes(ctx.getLong(SkLookupCtx.LOCAL_IP6 + 8)),
          port,
          0);
    } else {
      throw refuse(Errno.EAFNOSUPPORT, "family " + family + " is neither 2 nor 10");
    }
  }

  private static long address4(ByteBuffer ctx, int offset) {
    return Integer.toUnsignedLong(Integer.reverseBytes(ctx.getInt(offset)));
  }

  static ErrnoException refuse(Errno errno, String why) {
    return new ErrnoException(errno, "test_run context", why);
  }
}
