package io.haduck.core.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.duckdb.FreeList;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.roaringbitmap.RoaringBitmap;

class CandidateBlocksTest {
  private final CandidateBlocks candidates = new CandidateBlocks();

  @Test
  void among_isFreeMetadataAndNewBlocksOfAllIterationsSeen() {
    candidates.beginInstance(list(10, blocks(2), blocks(1)));
    candidates.observe(list(12, blocks(5), blocks(3)));
    assertThat(candidates.among(range(0, 14), 14)).isEqualTo(blocks(1, 2, 3, 5, 10, 11, 12, 13));
  }

  @Test
  void among_leavesOutWhatIsNotInUse() {
    candidates.beginInstance(list(10, blocks(2, 4), blocks(1)));
    assertThat(candidates.among(blocks(0, 1, 4), 10)).isEqualTo(blocks(1, 4));
  }

  @Test
  void beginInstance_keepsWhatEarlierInstancesLeftUncommitted() {
    candidates.beginInstance(list(10, blocks(2), blocks()));
    candidates.beginInstance(list(10, blocks(7), blocks()));
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(2, 7));
    candidates.pastCommitted();
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(7));
  }

  @Test
  void distrustInstance_namesEverythingUntilTheNextInstanceIsCommitted() {
    candidates.beginInstance(list(10, blocks(), blocks()));
    candidates.distrustInstance();
    candidates.pastCommitted();
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(range(0, 10));
    candidates.beginInstance(list(10, blocks(3), blocks()));
    assertThat(candidates.isEverything()).isTrue();
    candidates.pastCommitted();
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(3));
  }

  @Test
  void distrustPast_namesEverythingUntilCommitted() {
    candidates.beginInstance(list(10, blocks(3), blocks()));
    candidates.distrustPast();
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(range(0, 10));
    candidates.pastCommitted();
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(3));
  }

  @Test
  void restart_forgetsWhatWasListedBefore_butForLimbo() {
    candidates.beginInstance(list(10, blocks(2, 3, 4), blocks(1)));
    candidates.observe(list(12, blocks(5), blocks(3)));
    candidates.observe(list(14, blocks(6), blocks(7)));
    candidates.beginRestart(list(14, blocks(6), blocks(7)));
    assertThat(candidates.finishRestart(blocks(4))).isTrue();
    assertThat(candidates.among(range(0, 16), 16)).isEqualTo(blocks(4, 6, 7, 14, 15));
  }

  @Test
  void restart_keepsWhatWasListedWhileItWasUnderWay() {
    candidates.beginInstance(list(10, blocks(2), blocks(1)));
    candidates.beginRestart(list(10, blocks(2), blocks(1)));
    candidates.observe(list(9, blocks(3), blocks(1)));
    candidates.suspect(blocks(5));
    candidates.finishRestart(blocks());
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(1, 2, 3, 5, 9));
  }

  @Test
  void restart_beginsAnew_whereOneWasUnderWay() {
    candidates.beginInstance(list(10, blocks(2), blocks(1)));
    candidates.beginRestart(list(10, blocks(2), blocks(1)));
    candidates.observe(list(10, blocks(3), blocks(1)));
    candidates.beginRestart(list(10, blocks(3), blocks(1)));
    assertThat(candidates.finishRestart(blocks())).isTrue();
    assertThat(candidates.finishRestart(blocks())).isFalse();
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(1, 3));
  }

  @Test
  void restart_endsWithTheInstance() {
    candidates.beginInstance(list(10, blocks(2), blocks()));
    candidates.beginRestart(list(10, blocks(2), blocks()));
    candidates.beginInstance(list(10, blocks(7), blocks()));
    assertThat(candidates.finishRestart(blocks())).isFalse();
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(2, 7));
  }

  @Test
  void restart_trustsAnInstanceAgain_unlessAnIterationIsMissedMeanwhile() {
    candidates.beginInstance(list(10, blocks(2), blocks()));
    candidates.distrustInstance();
    candidates.beginRestart(list(10, blocks(2), blocks()));
    candidates.finishRestart(blocks());
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(2));

    candidates.beginRestart(list(10, blocks(2), blocks()));
    candidates.distrustInstance();
    candidates.finishRestart(blocks());
    assertThat(candidates.isEverything()).isTrue();
  }

  @Test
  void restart_leavesThePastUncommitted() {
    candidates.beginInstance(list(10, blocks(2), blocks()));
    candidates.beginInstance(list(10, blocks(3), blocks()));
    candidates.beginRestart(list(10, blocks(4), blocks()));
    candidates.finishRestart(blocks());
    assertThat(candidates.among(range(0, 10), 10)).isEqualTo(blocks(2, 4));
  }

  private static FreeList list(long count, RoaringBitmap free, RoaringBitmap metadata) {
    return new FreeList(free, metadata, Map.of(), count);
  }

  private static RoaringBitmap blocks(int... ids) {
    return RoaringBitmap.bitmapOf(ids);
  }

  private static RoaringBitmap range(long from, long to) {
    return RoaringBitmap.bitmapOfRange(from, to);
  }
}
