package io.bpf4j.lookup;

import io.bpf4j.error.Errno;
import io.bpf4j.sock.Sock;
import org.jspecify.annotations.Nullable;

/// What a test run of a sk_lookup program left behind.
///
/// @param retval the verdict: 1 SK_PASS, 0 SK_DROP
/// @param ctxOut as much of the context as there was room for: the input with the selected socket's
///   cookie in it
/// @param ctxOutSize bytes of the whole context; 0 when none was asked for
/// @param errno ENOSPC when there was not room for all of it, else null
/// @param selected the selected socket, or null
/// @param nanosPerRun time of one run on average
public record TestRunOutput(
    int retval,
    byte[] ctxOut,
    int ctxOutSize,
    @Nullable Errno errno,
    @Nullable Sock selected,
    double nanosPerRun) {}
