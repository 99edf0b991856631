package io.haduck.core.internal.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogState;
import io.haduck.core.internal.log.ReplicationLog;
import io.haduck.core.store.PutResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Something was lost that is kept, by others: then no sweep deletes anything more, and it says what
 * is missing and what to do; or it does not need it, and all that is kept can be read. More by
 * {@code -Dhaduck.losses=…}, one again by {@code -Dhaduck.seed=…}.
 */
final class LostObjectSweepTest {
  private final int losses = Integer.getInteger("haduck.losses", 25);
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);

  /** How. */
  private enum Loss {
    DELETED {
      @Override
      void of(AttackedLog log, String key) {
        log.log.memory.deleteAll(List.of(key));
      }
    },
    CUT_OFF {
      @Override
      void of(AttackedLog log, String key) {
        log.log.memory.objects.computeIfPresent(
            key, (any, bytes) -> Arrays.copyOf(bytes, bytes.length / 2));
      }
    },
    DAMAGED_HEAD {
      @Override
      void of(AttackedLog log, String key) {
        damage(log, key, 40);
      }
    },
    DAMAGED_END {
      @Override
      void of(AttackedLog log, String key) {
        damage(log, key, log.log.memory.objects.get(key).length - 1);
      }
    };

    abstract void of(AttackedLog log, String key);

    private static void damage(AttackedLog log, String key, int at) {
      log.log.memory.objects.computeIfPresent(
          key,
          (any, bytes) -> {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 1;
            return damaged;
          });
    }
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void sweep_whereSomethingNeededWasLost_deletesNothingMore(Loss loss) {
    var grown = AttackedLog.grown(seed);
    var swept = grown.copy(seed);
    swept.sweep();
    List<String> keys = new ArrayList<>(neededAfter(swept, grown));
    if (loss == Loss.DAMAGED_END) {
      // Sweeps have compared these once, and read but their heads since: all of them is for verify.
      keys.removeIf(key -> key.startsWith(LogKeys.SNAPSHOTS));
    }
    var random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < losses; i++) {
      String key = keys.get(random.nextInt(keys.size()));
      refused += lose(grown.copy(seed + i), key, loss) ? 1 : 0;
    }
    System.out.println(
        loss + " of -Dhaduck.seed=" + seed + ": " + losses + " losses, " + refused + " refused");
    assertThat(loss != Loss.DELETED || refused > 0).isTrue();
  }

  @Test
  void sweep_ofAPointWhoseSnapshotWasDamagedBefore_cutsNothing() {
    var grown = AttackedLog.grown(seed);
    var swept = grown.copy(seed);
    swept.sweep();
    long floor = grown.log.manifest().orElseThrow().floors().walFrom();
    long next = swept.log.manifest().orElseThrow().floors().walFrom();
    int damaged = 0;
    for (long seq : grown.told.values()) {
      if (seq >= floor && seq < next) {
        damaged++;
        var attacked = grown.copy(seed);
        var written = new ReplicationLog(attacked.log.memory);
        PutResult put = written.writeSnapshot(attacked.log.states.get(seq).copy());
        assertThat(put.outcome()).isEqualTo(PutResult.Outcome.DONE);
        String key = LogKeys.snapshot(seq);
        Loss.DAMAGED_END.of(attacked, key);
        Set<String> before = new TreeSet<>(attacked.log.memory.objects.keySet());
        assertThatThrownBy(attacked::sweep)
            .as("-Dhaduck.seed=%d: %s", seed, key)
            .isInstanceOf(CorruptDataException.class)
            .hasMessageContaining(key)
            .hasMessageContaining("delete that key");
        assertThat(attacked.log.memory.objects.keySet()).containsAll(before);
        attacked.log.memory.deleteAll(List.of(key));
        attacked.sweep();
        attacked.requireAll("-Dhaduck.seed=" + seed + ": " + key + " was deleted");
      }
    }
    System.out.println(damaged + " snapshots of points damaged, -Dhaduck.seed=" + seed);
  }

  /** What is there already and needed by a state that the next sweep keeps below its floor. */
  private static Set<String> neededAfter(AttackedLog swept, AttackedLog grown) {
    long floor = swept.log.manifest().orElseThrow().floors().walFrom();
    Set<String> needed = new TreeSet<>();
    for (long seq : swept.existing()) {
      if (seq <= floor) {
        needed.add(LogKeys.changeset(seq));
        needed.add(LogKeys.snapshot(seq));
        LogState state = swept.log.states.get(seq);
        state.index().ids().forEach((int id) -> needed.add(state.index().locate(id).objectKey()));
        state.wal().runs().forEach(run -> needed.add(run.slice().objectKey()));
      }
    }
    needed.retainAll(grown.log.memory.objects.keySet());
    return needed;
  }

  /** Whether the sweep said so. */
  private boolean lose(AttackedLog attacked, String key, Loss loss) {
    String what = "-Dhaduck.seed=" + seed + ": " + key + " " + loss;
    loss.of(attacked, key);
    boolean refused = sweep(attacked, key, what);
    if (refused) {
      assertThat(sweep(attacked, key, what + ", once more")).as(what).isTrue();
    }
    return refused;
  }

  private static boolean sweep(AttackedLog attacked, String lost, String what) {
    Set<String> before = new TreeSet<>(attacked.log.memory.objects.keySet());
    HaduckException refused = null;
    try {
      attacked.sweep();
    } catch (CorruptDataException | MissingObjectException e) {
      refused = e;
    }
    before.removeAll(attacked.log.memory.objects.keySet());
    if (refused != null) {
      assertThat(before).as(what + ": deleted, and then " + refused.getMessage()).isEmpty();
      assertThat(refused.getMessage()).as(what).contains(lost).containsIgnoringCase("restore");
      return true;
    }
    Set<Long> unreadable = new TreeSet<>();
    for (long seq : attacked.existing()) {
      try {
        attacked.read(seq);
      } catch (HaduckException e) {
        unreadable.add(seq);
      }
    }
    assertThat(unreadable).as("%s: %s were deleted, and not readable is", what, before).isEmpty();
    return false;
  }
}
