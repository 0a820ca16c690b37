package io.bpf4j.worlds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TwinTest extends Twins {
  @Test
  void everyStepIsPlayedOnBothSides() {
    prove(
        """
        open a tcp4
        set a so_reuseaddr 1 -> ok
        get a so_reuseaddr -> 1
        bind a 127.0.0.1:7001 -> ok
        listen a -> ok
        local a -> 127.0.0.1:7001
        open b udp6
        device b lo -> ok
        device b - -> ok
        bind b [::]:7001 -> ok
        put m0 a -> ok
        put h3 b -> ok
        at m0 -> a
        at h3 -> b
        at m1 -> ENOENT
        shake 127.0.0.1:0 127.0.0.1:7001 -> a
        shake 127.0.0.1:0 127.0.0.1:7002 -> none
        send 127.0.0.1:7101 127.0.0.1:7001 -> b
        send 127.0.0.1:7101 127.0.0.1:7002 -> none
        prog 0 m0 pass if dport=7002
        attach L 0 -> ok
        query -> 0
        lookup tcp 127.0.0.1:40000 127.0.0.1:7002 lo -> a
        lookup tcp 127.0.0.1:40000 127.0.0.1:7003 left -> none
        lookup udp [fd00::2]:40000 [fd00::1]:7001 left -> b
        shake 127.0.0.1:0 127.0.0.1:7002 -> a
        runs 0 -> 4
        result 0 0 -> ok
        update L 1 expect=2 -> EPERM
        update L 1 -> ok
        query -> 1
        detach L -> ok
        query -> none
        open c tcp4
        bind c 127.0.0.1:7009
        connect c 127.0.0.1:7008 -> ok
        lookup tcp 127.0.0.1:7008 127.0.0.1:7009 lo -> c
        disconnect c -> ok
        lookup tcp 127.0.0.1:7008 127.0.0.1:7009 lo -> none
        open p tcp4
        set p so_reuseport 1
        bind p 127.0.0.1:7011 -> ok
        listen p -> ok
        open q tcp4
        set q so_reuseport 1
        bind q 127.0.0.1:7011 -> ok
        listen q -> ok
        put r0 q -> ok
        put r0 q -> EBUSY
        at r0 -> q
        choose 8 r0 return=1
        picker p 8 -> ok
        shake 127.0.0.1:0 127.0.0.1:7011 -> q
        choose 8 return=0
        shake 127.0.0.1:0 127.0.0.1:7011 -> none
        runs 8 -> 1
        choose 9 return=0
        picker p 9 filter -> ok
        shake 127.0.0.1:0 127.0.0.1:7011 -> p
        unpick p -> ok
        unpick p -> ENOENT
        delete m0 -> ok
        delete m0 -> EINVAL
        delete h0 -> ENOENT
        close a
        shutdown b -> ENOTCONN
        """);
  }

  @Test
  void aScriptIsReadBackFromItsText() {
    String text =
        """
        open a tcp6 elsewhere uid=7
        set a so_mark 1 -> ok
        prog 3 m1+1 h2 null+3 self drop if family=10
        choose 8 r1 return=2
        choose 9 return=1
        picker a 8
        picker a 9 filter
        unpick a
        live: update L 2 expect=1
        sim: send [::1]:5 [::ffff:127.0.0.1]:6 unconnected -> a|none
        lookup udp 127.0.0.1:1 127.0.0.1:2 left
        """;
    assertThat(Script.read(text)).hasToString(text);
  }
}
