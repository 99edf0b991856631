package io.haduck.core.internal.kept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.DivergedException;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.UnknownFormatException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class NamesTest extends NamedLog {
  @Test
  void point_isMadeListedAndDeleted() {
    NameRecord held = names().make(point("a", 4));
    assertThat(held).isEqualTo(point("a", 4).with(Hold.HELD));
    names().make(point("b", 9));
    assertThat(held(names().list())).containsExactly("point a", "point b");
    assertThat(names().delete(StateName.point("a"))).isTrue();
    assertThat(names().delete(StateName.point("a"))).isFalse();
    assertThat(names().delete(StateName.point("never"))).isFalse();
    assertThat(held(names().list())).containsExactly("point b");
  }

  @Test
  void point_thatWasDeleted_canBeMadeOfAnotherState() {
    names().make(point("a", 4));
    names().delete(StateName.point("a"));
    assertThat(names().make(point("a", 5)).position()).isEqualTo(position(5));
  }

  @Test
  void point_thatNamesTheState_isMadeAgainWithoutAnyWrite() {
    names().make(point("a", 4));
    byte[] before = files.read("point/a", NameFormat.LONGEST);
    assertThat(names().make(point("a", 4)).hold()).isEqualTo(Hold.HELD);
    assertThat(files.read("point/a", NameFormat.LONGEST)).isEqualTo(before);
  }

  @Test
  void point_thatNamesAnotherState_isRefusedAndStays() {
    names().make(point("a", 4));
    assertThatThrownBy(() -> names().make(point("a", 5)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("point a names seq " + position(4))
        .hasMessageContaining("not " + position(5));
    assertThat(readableNames()).containsExactly(position(4));
  }

  private List<LogPosition> readableNames() {
    return names().list().held().stream().map(NameRecord::position).toList();
  }

  @Test
  void point_ofAStateThatWasGivenUp_isRefused_andTheNameIsFree() {
    sweep(1, 2, 5);
    assertThatThrownBy(() -> names().make(point("a", 4)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("point a cannot name seq " + position(4))
        .hasMessageContaining("the oldest state is seq 2")
        .hasMessageContaining("the nearest before it seq 2")
        .hasMessageContaining("the nearest after it seq 5");
    assertThat(hold("a")).isEqualTo(Hold.DELETED);
    assertThatThrownBy(() -> names().make(point("a", 1)))
        .hasMessageContaining("the nearest before it none");
    assertThatThrownBy(() -> names().make(point("a", 6)))
        .hasMessageContaining("the nearest after it seq 7");
    assertThat(names().make(point("a", 5)).hold()).isEqualTo(Hold.HELD);
  }

  @Test
  void point_ofWhatTheLogDoesNotHave_isRefused() {
    var beyond = new LogPosition(10, position(4).digest());
    assertThatThrownBy(() -> names().make(KeptObjects.point("a", beyond)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("the log has no such seq");
    var stray = new LogPosition(8, position(4).digest());
    assertThatThrownBy(() -> names().make(KeptObjects.point("a", stray)))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("there is " + position(8));
    assertThat(hold("a")).isEqualTo(Hold.DELETED);
  }

  @Test
  void point_ofAStateThatIsKeptAndLost_isAnError() {
    sweep(1, 5);
    files.deleteAll(List.of(LogKeys.changeset(5)));
    assertThatThrownBy(() -> names().make(point("a", 5)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("it is kept, and the log has no such seq");
  }

  @Test
  void point_ofAStateThatAnotherPointKeeps_isMade_andOfOneThatAPinKeepsIsNot() {
    names().make(point("a", 4));
    names().make(KeptObjects.pin(position(3)));
    sweep(1, 2);
    assertThat(names().make(point("b", 4)).hold()).isEqualTo(Hold.HELD);
    assertThatThrownBy(() -> names().make(point("c", 3))).isInstanceOf(DivergedException.class);
    assertThat(readable().below().keySet()).containsExactly(2L, 3L, 4L);
    names().delete(StateName.point("a"));
    assertThat(readable().contains(4)).isTrue();
    names().delete(StateName.point("b"));
    assertThat(readable().contains(4)).isFalse();
  }

  @Test
  void leftover_isHonouredUntilTheGraceIsOver_andThenGivenUp() {
    put("point/a", NameFormat.encode(point("a", 4)));
    FoundNames now = names().list();
    assertThat(names().giveUpLeftovers(now.asOf(Instant.now().plus(GRACE).minusSeconds(60)), GRACE))
        .isEmpty();
    assertThat(KeptStates.named(Optional.empty(), now)).containsExactly(point("a", 4));
    assertThat(names().giveUpLeftovers(now.asOf(Instant.now().plus(GRACE).plusSeconds(60)), GRACE))
        .containsExactly(StateName.point("a"));
    assertThat(KeptStates.named(Optional.empty(), names().list())).isEmpty();
    assertThat(readable()).isEqualTo(ReadableStates.NONE);
  }

  @Test
  void pin_isOverWhenItsTimeIs_andItsObjectGoes() {
    NameRecord pin = KeptObjects.pin(position(4));
    var later =
        NameRecord.pin(
            UUID.fromString(pin.name().id()),
            position(4),
            pin.time(),
            pin.written(),
            Instant.now().plusSeconds(3600),
            "verify");
    names().make(later);
    FoundNames found = names().list();
    assertThat(held(found)).containsExactly(later.name().toString());
    assertThat(found.held().get(0).reason()).endsWith("(verify)");
    FoundNames over = found.asOf(Instant.now().plusSeconds(3601));
    assertThat(over.held()).isEmpty();
    assertThat(names().giveUpLeftovers(over, GRACE)).containsExactly(later.name());
    assertThat(files.list("pin/", "").objects()).isEmpty();
  }

  @Test
  void proof_isNamedByTheNewestOnly() {
    for (long seq : new long[] {3, 5, 4}) {
      var name = new StateName(NameKind.PROOF, LogKeys.digits(seq));
      var proof =
          new NameRecord(
              name,
              Hold.HELD,
              position(seq),
              KeptObjects.NOW,
              KeptObjects.NOW,
              new UUID(1, seq),
              null,
              null);
      put(name.key(), NameFormat.encode(proof));
    }
    sweep(1, 2);
    assertThat(readable().below().keySet()).containsExactly(2L, 5L);
    assertThat(names().list().held().get(0).reason()).isEqualTo("last proven");
  }

  @Test
  void name_thatIsNotUnderstood_stopsASweep_andNoReader() {
    names().make(point("a", 4));
    sweep(1, 2);
    stopsASweep("point/b", "haduck-point 2\n", UnknownFormatException.class);
    stopsASweep("point/b", "rubbish", CorruptDataException.class);
    stopsASweep("point/Upper", "rubbish", CorruptDataException.class);
    stopsASweep("pin/no-uuid", "rubbish", CorruptDataException.class);
    stopsASweep("point/b", "x".repeat(NameFormat.LONGEST + 1), CorruptDataException.class);
    assertThat(KeptStates.named(manifests().newest(), names().list())).hasSize(1);
  }

  private void stopsASweep(String key, String text, Class<? extends Exception> error) {
    put(key, text.getBytes(StandardCharsets.UTF_8));
    FoundNames found = names().list();
    assertThatThrownBy(() -> KeptStates.named(manifests().newest(), found))
        .isInstanceOf(error)
        .hasMessageContaining(key);
    assertThat(readable().contains(4)).isTrue();
    files.deleteAll(List.of(key));
  }

  @Test
  void name_thatContradictsTheManifest_stopsASweep_andTheManifestCountsForReaders() {
    sweep(1, 2);
    var stray = new LogPosition(2, position(3).digest());
    put("point/a", NameFormat.encode(KeptObjects.point("a", stray).with(Hold.HELD)));
    assertThatThrownBy(() -> KeptStates.named(manifests().newest(), names().list()))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("nothing is deleted");
    assertThat(readable().expects(2)).isEqualTo(position(2).digest());
    put("point/a", NameFormat.encode(KeptObjects.point("a", stray)));
    assertThat(KeptStates.named(manifests().newest(), names().list())).isEmpty();
  }
}
