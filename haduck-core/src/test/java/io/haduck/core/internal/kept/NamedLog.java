package io.haduck.core.internal.kept;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.store.FileObjectStore;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.internal.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A log of nine states in a directory, of which those below 7 can be given up. */
abstract class NamedLog {
  static final Duration GRACE = Duration.ofHours(24);

  final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);
  private final List<LogPosition> positions = new ArrayList<>();

  @TempDir Path directory;
  ObjectStore files;
  FaultInjectingStore store;

  @BeforeEach
  void writeALog() {
    files = new FileObjectStore(directory);
    store = new FaultInjectingStore(files, seed);
    var history = new History(new Random(5));
    for (int seq = 1; seq <= 9; seq++) {
      EncodedChangeset changeset = seq == 1 ? history.base(1) : history.checkpoint(1, 0);
      assertThat(files.putIfAbsent(changeset.key(), changeset.body()).outcome())
          .isEqualTo(Outcome.DONE);
      positions.add(changeset.position());
    }
  }

  final LogPosition position(long seq) {
    return positions.get((int) seq - 1);
  }

  final NameRecord point(String name, long seq) {
    return KeptObjects.point(name, position(seq));
  }

  final Manifests manifests() {
    return new Manifests(store, KeptObjects.retries(10));
  }

  final Names names() {
    return new Names(store, manifests(), KeptObjects.retries(10));
  }

  /** States below 7 are gone but for those that are listed. */
  final void sweep(long number, long... listed) {
    NavigableMap<Long, KeptState> states = new TreeMap<>();
    for (long seq : listed) {
      states.put(
          seq,
          new KeptState(
              LoggedState.Kind.CHECKPOINT,
              position(seq).digest(),
              KeptObjects.NOW,
              List.of("daily")));
    }
    var manifest =
        new Manifest(
            number,
            KeptObjects.LINEAGE,
            position(9),
            KeptObjects.NOW,
            KeptObjects.POLICY,
            GRACE,
            new Floors(1, 7),
            states);
    put(manifest.key(), ManifestFormat.encode(manifest));
  }

  final void put(String key, byte[] bytes) {
    assertThat(files.put(key, ObjectBody.of(bytes)).outcome()).isEqualTo(Outcome.DONE);
  }

  final Hold hold(String point) {
    StateName name = StateName.point(point);
    byte[] bytes = files.read(name.key(), NameFormat.LONGEST);
    return NameFormat.decode(bytes, name.key(), name).hold();
  }

  final ReadableStates readable() {
    return KeptStates.read(manifests(), names());
  }

  final List<String> held(FoundNames found) {
    return found.held().stream().map(record -> record.name().toString()).toList();
  }
}
