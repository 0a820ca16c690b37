package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

final class BpfAttrTest {
  @Test
  void membersStandWhereTheUapiHeaderHasThem() {
    assertThat(BpfAttr.MAP_CREATE.offset("map_name")).isEqualTo(28);
    assertThat(BpfAttr.MAP_CREATE.offset("map_extra")).isEqualTo(64);
    assertThat(BpfAttr.ELEM.offset("flags")).isEqualTo(24);
    assertThat(BpfAttr.PROG_LOAD.offset("expected_attach_type")).isEqualTo(68);
    assertThat(BpfAttr.PROG_LOAD.offset("func_info")).isEqualTo(80);
    assertThat(BpfAttr.PROG_LOAD.offset("fd_array")).isEqualTo(120);
    assertThat(BpfAttr.PROG_LOAD.offset("log_true_size")).isEqualTo(140);
    assertThat(BpfAttr.TEST_RUN.offset("ctx_out")).isEqualTo(56);
    assertThat(BpfAttr.TEST_RUN.offset("batch_size")).isEqualTo(72);
    assertThat(BpfAttr.PROG_QUERY.offset("prog_cnt")).isEqualTo(24);
    assertThat(BpfAttr.PROG_INFO.offset("name")).isEqualTo(64);
    assertThat(BpfAttr.MAP_INFO.offset("name")).isEqualTo(24);
    assertThat(BpfAttr.LINK_INFO.offset("netns_ino")).isEqualTo(16);
    assertThat(BpfAttr.BTF_LOAD.offset("btf_log_level")).isEqualTo(24);
  }

  @Test
  void messagesShowWhatIsSetAndNoAddresses() {
    try (Arena arena = Arena.ofConfined()) {
      Struct attr =
          new Struct(BpfAttr.MAP_CREATE, arena)
              .put("map_type", 2)
              .put("max_entries", 0xffff_ffffL)
              .put("map_flags", 0x80)
              .putText("map_name", "a_name_longer_than_it_may_be");
      assertThat(attr)
          .hasToString("map_type=2 max_entries=4294967295 map_flags=0x80 map_name=a_name_longer_t");
      assertThat(new Struct(BpfAttr.ELEM, arena).put("map_fd", 3).put("key", attr.segment()))
          .hasToString("map_fd=3");
    }
  }

  @Test
  void aMemberThatIsNoneIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Struct attr = new Struct(BpfAttr.LINK_DETACH, arena);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> attr.put("prog_fd", 1))
          .withMessageContaining("no member 'prog_fd'");
    }
  }
}
