package io.haduck.core.internal.kept;

import static io.haduck.core.internal.kept.KeptObjects.manifest;
import static io.haduck.core.internal.kept.KeptObjects.position;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.CorruptDataException;
import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.internal.log.Digest;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.log.ReadableStates;
import io.haduck.core.internal.log.UnknownFormatException;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.internal.retention.PolicyInForce;
import io.haduck.core.retention.RetentionSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeptFormatTest {
  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] sealed(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return (body + "sha256=" + Digest.sha256(bytes).hex() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String body(byte[] bytes) {
    String text = text(bytes);
    return text.substring(0, text.indexOf("sha256="));
  }

  @Test
  void manifest_withFences_isReadAsItWasWritten() {
    Manifest without = KeptObjects.manifest(4, 900, 8, 12);
    for (String text : List.of("1", "3,17-20", "1-899", "5,7,9-10,899")) {
      Manifest manifest =
          new Manifest(
              without.number(),
              without.lineage(),
              without.head(),
              without.written(),
              without.policy(),
              without.grace(),
              without.floors(),
              without.states(),
              SeqRanges.parse(text));
      byte[] bytes = ManifestFormat.encode(manifest);
      assertThat(new String(bytes, StandardCharsets.UTF_8)).contains("\nfences=" + text + "\n");
      assertThat(ManifestFormat.decode(bytes, "here", 4)).isEqualTo(manifest);
    }
    for (String text : List.of("", "5-3", "x", "-3", "1-", "1-99999999", "3,")) {
      assertThatThrownBy(() -> SeqRanges.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void manifest_isReadAsItWasWritten() {
    Manifest manifest = manifest(17, 900, 3, 8, 899);
    assertThat(ManifestFormat.decode(ManifestFormat.encode(manifest), "here", 17))
        .isEqualTo(manifest);
  }

  @Test
  void manifest_ofTheDefaultPolicy_isReadAsItWasWritten() {
    var manifest =
        new Manifest(
            1,
            KeptObjects.LINEAGE,
            LogPosition.START,
            KeptObjects.NOW,
            PolicyInForce.next(null, RetentionSettings.NONE, true, KeptObjects.NOW),
            Duration.ofHours(1),
            Floors.NONE,
            new TreeMap<>());
    assertThat(ManifestFormat.decode(ManifestFormat.encode(manifest), "here", 1))
        .isEqualTo(manifest);
  }

  @Test
  void formatPage_showsThemAsTheyAreWritten() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "internals", "format.md"));
    String manifest = text(ManifestFormat.encode(manifest(17, 900, 8)));
    NameRecord point = KeptObjects.point("before-migration", position(8)).with(Hold.HELD);
    assertThat(page).contains("```\n" + manifest + "```");
    assertThat(page).contains("```\n" + text(NameFormat.encode(point)) + "```");
    assertThat(page)
        .contains("```\n" + text(NameFormat.encode(KeptObjects.pin(position(8)))) + "```");
  }

  @Test
  void manifest_ofAnotherVersion_isUnknown() {
    byte[] later = sealed("haduck-kept 2\nsomething=else\n");
    assertThatThrownBy(() -> ManifestFormat.decode(later, "s3://b/kept/1", 1))
        .isInstanceOf(UnknownFormatException.class)
        .hasMessageContaining("s3://b/kept/1 has version 2")
        .hasMessageContaining("nothing may be deleted");
  }

  @Test
  void manifest_ofAnotherKey_isRefused() {
    byte[] bytes = ManifestFormat.encode(manifest(17, 900, 8));
    assertThatThrownBy(() -> ManifestFormat.decode(bytes, "here", 18))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("number 17");
  }

  @Test
  void manifest_withAnyByteFlippedOrMissing_isRefused() {
    byte[] good = ManifestFormat.encode(manifest(17, 900, 8));
    for (int i = 0; i < good.length; i++) {
      byte[] flipped = good.clone();
      flipped[i] ^= 1;
      assertThatThrownBy(() -> ManifestFormat.decode(flipped, "here", 17))
          .isInstanceOf(CorruptDataException.class);
      byte[] shorter = Arrays.copyOf(good, i);
      assertThatThrownBy(() -> ManifestFormat.decode(shorter, "here", 17))
          .isInstanceOf(CorruptDataException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "number=17>number=+17",
        "gc_grace=PT24H>gc_grace=P1D",
        "wal_from=900>wal_from=0900",
        "retention_minimum=3>retention_minimum=0",
        "retention_minimum=3>retention_minimum=3\nanother=line",
        "keep_daily=14>keep_daily=-14",
        "retention_zone=Europe/Berlin>retention_zone=Europe/Atlantis",
        "state=8 >state=901 ",
        "state=8 >state=08 ",
        "daily 2026-11-20,>daily 2026-11-20,,",
        "daily 2026-11-20,> daily 2026-11-20,"
      })
  void manifest_writtenOtherwise_isRefused(String change) {
    String[] parts = change.split(">", -1);
    String body = body(ManifestFormat.encode(manifest(17, 900, 8)));
    assertThat(body).contains(parts[0]);
    byte[] changed = sealed(body.replace(parts[0], parts[1]));
    assertThatThrownBy(() -> ManifestFormat.decode(changed, "here", 17))
        .isExactlyInstanceOf(CorruptDataException.class)
        .hasMessageStartingWith("here is damaged");
  }

  @Test
  void manifest_longerThanAnyThatIsWritten_isRefusedUnread() {
    byte[] longer = new byte[ManifestFormat.LONGEST + 1];
    assertThatThrownBy(() -> ManifestFormat.decode(longer, "here", 17))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("more than the");
  }

  @Test
  void key_isOneOnlyIfItIsExactly() {
    assertThat(LogKeys.kept(17)).isEqualTo("kept/00000000000000000017.kept");
    assertThat(LogKeys.keptNumber("kept/00000000000000000017.kept")).hasValue(17);
    for (String other :
        List.of(
            "kept/17.kept",
            "kept/00000000000000000000.kept",
            "kept/00000000000000000017.kept2",
            "kept/99999999999999999999.kept",
            "log/00000000000000000017.kept")) {
      assertThat(LogKeys.keptNumber(other)).isEmpty();
    }
  }

  @Test
  void manifest_followsAnother_onlyIfNothingThatWasGivenUpComesBack() {
    Manifest before = manifest(4, 900, 3, 8);
    manifest(5, 900, 3, 8).requireFollows(before);
    manifest(5, 900).requireFollows(before);
    manifest(5, 950, 8, 900, 949).requireFollows(before);
    refuses(manifest(6, 900, 3), before, "number is not the next");
    refuses(manifest(5, 899, 3), before, "floors fall");
    refuses(manifest(5, 900, 3, 9), before, "lists seq 9, which was given up");
    var other =
        new Manifest(
            5,
            UUID.randomUUID(),
            before.head(),
            before.written(),
            before.policy(),
            before.grace(),
            before.floors(),
            before.states());
    refuses(other, before, "it is of lineage");
    var rolledBack =
        new Manifest(
            5,
            before.lineage(),
            position(9_999),
            before.written(),
            before.policy(),
            before.grace(),
            before.floors(),
            before.states());
    refuses(rolledBack, before, "has lost history");
    var stray = new TreeMap<>(before.states());
    stray.put(
        8L,
        new KeptState(
            LoggedState.Kind.CHECKPOINT,
            position(9).digest(),
            KeptObjects.NOW,
            List.of("daily 2026-11-20")));
    var ofAStray =
        new Manifest(
            5,
            before.lineage(),
            before.head(),
            before.written(),
            before.policy(),
            before.grace(),
            before.floors(),
            stray);
    refuses(ofAStray, before, "lists seq 8, which was given up");
  }

  private static void refuses(Manifest next, Manifest before, String why) {
    assertThatThrownBy(() -> next.requireFollows(before))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("nothing is deleted");
  }

  @Test
  void manifest_ofStatesAtTheFloor_isNone() {
    assertThatIllegalArgumentException().isThrownBy(() -> manifest(1, 8, 8));
    assertThatIllegalArgumentException().isThrownBy(() -> KeptObjects.kept(8, "one, two"));
    assertThatIllegalArgumentException().isThrownBy(() -> KeptObjects.kept(8, "one\n"));
    assertThatIllegalArgumentException().isThrownBy(() -> KeptObjects.kept(8));
  }

  @Test
  void readable_saysWhatExistsBelowTheFloor() {
    ReadableStates states = manifest(1, 900, 3, 8).readable();
    assertThat(List.of(3L, 8L, 900L, 901L)).allMatch(states::contains);
    assertThat(List.of(1L, 4L, 899L)).noneMatch(states::contains);
    assertThat(states.expects(8)).isEqualTo(position(8).digest());
    assertThat(states.expects(9)).isNull();
    assertThat(states.expects(900)).isNull();
    assertThat(ReadableStates.NONE.contains(1)).isTrue();
  }

  @Test
  void names_areReadAsTheyWereWritten() {
    for (Hold hold : Hold.values()) {
      NameRecord point = KeptObjects.point("before-migration", position(4)).with(hold);
      assertThat(NameFormat.decode(NameFormat.encode(point), "here", point.name()))
          .isEqualTo(point);
      NameRecord pin = KeptObjects.pin(position(4)).with(hold);
      assertThat(NameFormat.decode(NameFormat.encode(pin), "here", pin.name())).isEqualTo(pin);
    }
  }

  @Test
  void name_underAnotherKey_isRefused() {
    byte[] bytes = NameFormat.encode(KeptObjects.point("one", position(4)));
    assertThatThrownBy(() -> NameFormat.decode(bytes, "here", StateName.point("two")))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("another name");
  }

  @Test
  void name_ofAnotherVersion_isUnknown() {
    byte[] later = sealed("haduck-point 3\n");
    assertThatThrownBy(() -> NameFormat.decode(later, "here", StateName.point("two")))
        .isInstanceOf(UnknownFormatException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "before-migration", "v1.2_3", "0", "2026-12-01"})
  void point_mayBeCalled(String name) {
    assertThat(StateName.ofKey(NameKind.POINT, StateName.point(name).key()))
        .contains(StateName.point(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        ".haduck-x",
        "-a",
        "_a",
        "Before",
        "a b",
        "a/b",
        "ä",
        "a\n",
        "0123456789012345678901234567890123456789012345678901234567890123x"
      })
  void point_mayNotBeCalled(String name) {
    assertThatThrownBy(() -> StateName.point(name))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("1 to 64 characters");
    assertThat(StateName.ofKey(NameKind.POINT, "point/" + name)).isEmpty();
  }
}
