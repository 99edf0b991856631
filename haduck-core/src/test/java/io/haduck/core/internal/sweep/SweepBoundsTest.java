package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.kept.Manifest;
import io.haduck.core.internal.log.ChangesetKind;
import io.haduck.core.internal.log.LogKeys;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What no sweep ever deletes, whatever is kept; and when a policy comes into force. */
final class SweepBoundsTest {
  private static final long EPOCHS_AND = 100;
  private static final List<String> FOREIGN =
      List.of(
          "log/00000000000000000002.changeset.bak",
          "log/0000000000000000002.changeset",
          "log/00000000000000000000.changeset",
          "log/readme",
          "log/zzz",
          "segment/",
          "segment/00000000000000000002.segment",
          "segment/00000000000000000002-00112233-4455-6677-8899-aabbccddeeff-01.segment",
          "segment/00000000000000000002-00112233-4455-6677-8899-AABBCCDDEEFF-1.segment",
          "segment/a",
          "snapshot/00000000000000000002.snapshot.tmp",
          "snapshot/00000000000000000002.Snapshot",
          "snapshot/x",
          "kept/00000000000000000001.keep",
          "kept/notes",
          "trash/00000000000000000002.changeset",
          "lease",
          "00000000000000000002.changeset");

  private final int histories = Integer.getInteger("haduck.histories", 5);
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);

  @Test
  void sweep_neverDeletesWhatFencesIsNearTheHeadYoungOrForeign() {
    System.out.println("bounds of -Dhaduck.seed=" + seed + " -Dhaduck.histories=" + histories);
    int deleted = 0;
    for (int i = 0; i < histories; i++) {
      deleted += watched(seed + i);
    }
    System.out.println(deleted + " objects deleted");
    assertThat(deleted).isGreaterThan(50 * histories);
  }

  private static int watched(long seed) {
    String what = "-Dhaduck.seed=" + seed + " -Dhaduck.histories=1";
    AttackedLog attacked = AttackedLog.grown(seed);
    attacked.log.memory.advance(Duration.ofDays(-30));
    for (String key : FOREIGN) {
      attacked.log.memory.objects.put(key, key.getBytes(StandardCharsets.UTF_8));
    }
    attacked.log.memory.advance(Duration.ofDays(30));
    int[] deleted = {0};
    for (int i = 0; i < 8; i++) {
      attacked.log.memory.advance(Duration.ofMinutes(attacked.random.nextInt(300)));
      Instant now = attacked.log.now();
      var store =
          new SteppedStore(attacked.log.memory)
              .before(
                  (call, of) -> {
                    if (of.startsWith("DELETE ")) {
                      deleted[0]++;
                      requireAllowed(what, attacked, of.substring("DELETE ".length()), now);
                    }
                  });
      attacked.sweep(store, AttackedLog.OPTIONS);
      attacked.requireAll(what);
      attacked.commit(attacked.random.nextInt(20), 200);
    }
    for (String key : FOREIGN) {
      assertThat(attacked.log.memory.objects.get(key))
          .as("%s: %s", what, key)
          .isEqualTo(key.getBytes(StandardCharsets.UTF_8));
    }
    return deleted[0];
  }

  private static void requireAllowed(String what, AttackedLog attacked, String key, Instant now) {
    OptionalLong seq = LogKeys.changesetSeq(key);
    if (seq.isPresent()) {
      long head = attacked.log.states.lastKey();
      assertThat(seq.getAsLong()).as("%s: %s", what, key).isBetween(2L, head - EPOCHS_AND);
      assertThat(attacked.log.states.get(seq.getAsLong()).kind())
          .as("%s: %s", what, key)
          .isNotEqualTo(ChangesetKind.EPOCH);
    }
    Map<String, Instant> modified = attacked.log.memory.modified;
    assertThat(Duration.between(modified.get(key), now))
        .as("%s: %s", what, key)
        .isGreaterThan(AttackedLog.GRACE);
  }

  @Test
  void sweep_moreOftenThanHourly_bringsWhatWasAnnouncedIntoForceAnHourLater() {
    AttackedLog attacked = AttackedLog.grown(seed);
    attacked.log.memory.advance(Duration.ofHours(5));
    var smaller = AttackedLog.options(3, 2, 0);
    for (int minutes = 0; minutes <= 75; minutes += 25) {
      attacked.log.sweep(smaller, AttackedLog.ALL);
      Manifest manifest = attacked.log.manifest().orElseThrow();
      assertThat(manifest.policy().announced() == null)
          .as("-Dhaduck.seed=%d: %d minutes later", seed, minutes)
          .isEqualTo(minutes >= 60);
      attacked.log.memory.advance(Duration.ofMinutes(25));
    }
    assertThat(attacked.log.manifest().orElseThrow().policy().policy())
        .isEqualTo(smaller.policy().appliedTo(io.haduck.core.retention.RetentionPolicy.DEFAULT));
  }
}
