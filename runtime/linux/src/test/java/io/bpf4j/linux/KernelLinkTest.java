package io.bpf4j.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.bpf4j.error.Errno;
import io.bpf4j.prog.ProgType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class KernelLinkTest {
  private static final String PASS = "r0 = 1\nexit";

  @BeforeAll
  static void liveKernel() {
    Live.assumeNetns();
  }

  @Test
  void programsRunInTheOrderTheyWereAttachedIn() {
    try (KernelNetns netns = KernelNetns.open();
        KernelProg one = Live.load(ProgType.SK_LOOKUP, PASS);
        KernelProg two = Live.load(ProgType.SK_LOOKUP, PASS)) {
      assertThat(netns.attachedIds()).isEmpty();
      try (KernelLink first = netns.attach(one);
          KernelLink second = netns.attach(two)) {
        assertThat(netns.attachedIds()).containsExactly(one.id(), two.id());
        assertThat(first.info().id()).isNotEqualTo(second.info().id());
        first.update(two);
        assertThat(netns.attachedIds()).containsExactly(two.id(), two.id());
      }
      assertThat(netns.attachedIds()).isEmpty();
    }
  }

  @Test
  void aLinkTellsItsProgramAndNamespace() throws Exception {
    try (KernelNetns netns = KernelNetns.open();
        KernelProg prog = Live.load(ProgType.SK_LOOKUP, PASS);
        KernelLink link = netns.attach(prog)) {
      long inode =
          netns.<Long, Exception>call(
              () -> (Long) Files.getAttribute(Path.of("/proc/thread-self/ns/net"), "unix:ino"));
      assertThat(link.info())
          .isEqualTo(
              new KernelLink.LinkInfo(link.info().id(), prog.id(), inode, LoadRequest.SK_LOOKUP));
      link.detach();
      assertThat(link.info().netnsInode()).isZero();
      assertThat(netns.attachedIds()).isEmpty();
      Live.refused(Errno.ENOLINK, () -> link.update(prog))
          .withMessageContaining("bpf(BPF_LINK_UPDATE) link of prog 'test'");
    }
  }

  @Test
  void updatesTakeProgramsOfTheTypeAndCheckTheExpectedOne() {
    try (KernelNetns netns = KernelNetns.open();
        KernelProg one = Live.load(ProgType.SK_LOOKUP, PASS);
        KernelProg two = Live.load(ProgType.SK_LOOKUP, PASS);
        KernelProg filter = Live.load(ProgType.SOCKET_FILTER, PASS);
        KernelLink link = netns.attach(one)) {
      Live.refused(Errno.EPERM, () -> link.update(two, two));
      link.update(two, one);
      assertThat(link.info().progId()).isEqualTo(two.id());
      Live.refused(Errno.EINVAL, () -> link.update(filter));
      Live.refused(Errno.EINVAL, () -> netns.attach(filter).close())
          .withMessageContaining("bpf(BPF_LINK_CREATE) link of prog 'test'")
          .withMessageContaining("attach_type=36");
    }
  }

  @Test
  void aNamespaceTakesSixtyFourPrograms() {
    List<KernelLink> links = new ArrayList<>();
    try (KernelNetns netns = KernelNetns.open();
        KernelProg prog = Live.load(ProgType.SK_LOOKUP, PASS)) {
      for (int i = 0; i < 64; i++) {
        links.add(netns.attach(prog));
      }
      Live.refused(Errno.E2BIG, () -> netns.attach(prog).close());
      assertThat(netns.attachedIds()).hasSize(64);
    } finally {
      links.forEach(KernelLink::close);
    }
  }
}
