package io.haduck.testing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.log.LogState;

/** Compares two states in everything that does not depend on how they were reached. */
public final class SameState {
  private SameState() {}

  public static void assertSame(LogState found, LogState expected) {
    assertThat(found.position()).isEqualTo(expected.position());
    assertThat(found.kind()).isEqualTo(expected.kind());
    assertThat(found.epoch()).isEqualTo(expected.epoch());
    assertThat(found.nonce()).isEqualTo(expected.nonce());
    assertThat(found.lineage()).isEqualTo(expected.lineage());
    assertThat(found.anchor()).isEqualTo(expected.anchor());
    assertThat(found.timeMicros()).isEqualTo(expected.timeMicros());
    assertThat(found.identity()).isEqualTo(expected.identity());
    assertThat(found.headers()).isEqualTo(expected.headers());
    assertThat(found.databasePath()).isEqualTo(expected.databasePath());
    assertThat(found.wal()).isEqualTo(expected.wal());
    assertThat(found.changedSinceAnchor()).isEqualTo(expected.changedSinceAnchor());
    assertThat(found.freedSinceAnchor()).isEqualTo(expected.freedSinceAnchor());
    assertThat(found.rollUp()).isEqualTo(expected.rollUp());
    assertThat(found.walChangesetsSinceRollUp()).isEqualTo(expected.walChangesetsSinceRollUp());
    assertThat(found.walBytesSinceRollUp()).isEqualTo(expected.walBytesSinceRollUp());
    assertThat(found.index().state()).isEqualTo(expected.index().state());
    assertThat(found.index().ids()).isEqualTo(expected.index().ids());
    found
        .index()
        .ids()
        .forEach(
            (int id) -> {
              assertThat(found.index().hash(id)).isEqualTo(expected.index().hash(id));
              assertThat(found.index().locate(id)).isEqualTo(expected.index().locate(id));
              assertThat(found.index().checksumInvalid(id))
                  .isEqualTo(expected.index().checksumInvalid(id));
            });
  }
}
