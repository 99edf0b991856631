package io.haduck.core.internal.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.BlockCompression;
import io.haduck.core.settings.Compression;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Two workers; a segment is handed over every 100 ms. */
class CompressionPaceTest {
  private static final long MILLIS = 1_000_000;

  private final AtomicLong nanos = new AtomicLong(17);
  private final CompressionPace auto = pace(Compression.AUTO);

  private CompressionPace pace(Compression setting) {
    return new CompressionPace(setting, 2, nanos::get);
  }

  private int handOver(CompressionPace pace, long waitedMillis) {
    nanos.addAndGet(100 * MILLIS);
    pace.handedOver(waitedMillis * MILLIS);
    return pace.level();
  }

  @Test
  void auto_beginsAsUsual() {
    assertThat(auto.level()).isEqualTo(1);
  }

  @Test
  void auto_whileNobodyWaitsForTheStore_becomesLighter_toABound() {
    assertThat(handOver(auto, 0)).isEqualTo(-1);
    assertThat(handOver(auto, 0)).isEqualTo(-5);
    assertThat(handOver(auto, 0)).isEqualTo(-5);
  }

  @Test
  void auto_whileMostTimeIsWaiting_compressesMore_toABound() {
    assertThat(handOver(auto, 150)).isEqualTo(3);
    assertThat(handOver(auto, 150)).isEqualTo(3);
  }

  @Test
  void auto_whileBothKeepPace_staysAsItIs() {
    for (int segment = 0; segment < 100; segment++) {
      assertThat(handOver(auto, 50)).isEqualTo(1);
    }
  }

  @Test
  void auto_followsTheBottleneck_thereAndBack() {
    handOver(auto, 0);
    handOver(auto, 0);
    assertThat(handOver(auto, 190)).isEqualTo(-1);
    assertThat(handOver(auto, 190)).isEqualTo(1);
    assertThat(handOver(auto, 190)).isEqualTo(3);
    assertThat(handOver(auto, 0)).isEqualTo(1);
  }

  @Test
  void begin_forgetsTheCaptureBefore_andTheTimeSince() {
    handOver(auto, 0);
    handOver(auto, 0);
    nanos.addAndGet(3_600_000 * MILLIS);
    auto.begin();
    assertThat(auto.level()).isEqualTo(1);
    assertThat(handOver(auto, 150)).as("not a share of the hour").isEqualTo(3);
  }

  @Test
  void handedOver_inNoTimeAtAll_isNoWaiting() {
    auto.handedOver(0);
    assertThat(auto.level()).isEqualTo(-1);
  }

  @Test
  void none_andFixedLevels_stayWhatTheyAre() {
    CompressionPace none = pace(Compression.NONE);
    CompressionPace fixed = pace(Compression.fixed(7));
    for (long waited : new long[] {0, 50, 200}) {
      assertThat(handOver(none, waited)).isEqualTo(BlockCompression.RAW);
      assertThat(handOver(fixed, waited)).isEqualTo(7);
    }
  }
}
