package io.haduck.core.internal.kept;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.DivergedException;
import io.haduck.core.internal.concurrent.Retries;
import io.haduck.core.internal.kept.Interleavings.Part;
import io.haduck.core.internal.kept.NameObjects.Seen;
import io.haduck.core.internal.kept.NameRecord.Hold;
import io.haduck.core.internal.kept.StoreContent.Held;
import io.haduck.core.internal.log.EncodedChangeset;
import io.haduck.core.internal.log.LogKeys;
import io.haduck.core.internal.log.LogPosition;
import io.haduck.core.internal.retention.Floors;
import io.haduck.core.internal.retention.LoggedState;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectStore;
import io.haduck.testing.internal.History;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Sweepers that give up a state, and whoever names it meanwhile, in every order of their calls to
 * the store. Whoever was told that a name is held can read its state ever after, and so can whoever
 * reads that it is held.
 */
class KeptInterleavingsTest {
  /** The state that sweepers want to be rid of. */
  private static final long DOOMED = 2;

  private static final long FLOOR = 3;
  private static final Retries RETRIES = KeptObjects.retries(2);

  /** As if it took for ever to make a name. */
  private static final Duration NO_GRACE = Duration.ofSeconds(-1);

  private static final EnumSet<NameKind> POINTS = EnumSet.of(NameKind.POINT);

  private final NavigableMap<String, Held> log = new TreeMap<>();
  private final List<LogPosition> positions = new ArrayList<>();

  KeptInterleavingsTest() {
    var history = new History(new Random(5));
    for (int seq = 1; seq <= 4; seq++) {
      EncodedChangeset changeset = seq == 1 ? history.base(1) : history.epoch();
      log.put(changeset.key(), Held.of(changeset.body().toByteArray()));
      positions.add(changeset.position());
    }
  }

  private LogPosition position(long seq) {
    return positions.get((int) seq - 1);
  }

  private Manifest manifest(long number, long... listed) {
    NavigableMap<Long, KeptState> states = new TreeMap<>();
    for (long seq : listed) {
      states.put(
          seq,
          new KeptState(
              LoggedState.Kind.CHECKPOINT,
              position(seq).digest(),
              KeptObjects.NOW,
              List.of("window")));
    }
    return new Manifest(
        number,
        KeptObjects.LINEAGE,
        position(4),
        KeptObjects.NOW,
        KeptObjects.POLICY,
        Duration.ofHours(24),
        new Floors(1, FLOOR),
        states);
  }

  private StoreContent content(@Nullable Manifest manifest, NameRecord... names) {
    NavigableMap<String, Held> objects = new TreeMap<>(log);
    if (manifest != null) {
      objects.put(manifest.key(), Held.of(ManifestFormat.encode(manifest)));
    }
    for (NameRecord name : names) {
      objects.put(name.name().key(), Held.of(NameFormat.encode(name)));
    }
    return new StoreContent(objects, List.of());
  }

  /** What a sweeper does otherwise than it should. */
  private enum Careless {
    NOTHING,
    LISTS_NAMES_BEFORE_ONLY,
    READS_NAMES_ONCE,
    FORGETS_LEFTOVERS
  }

  /** It has a look at the names before its manifest, for which nothing depends on that. */
  private Part sweeperThatLooksFirst() {
    return store -> {
      FoundNames unused = new Names(store, new Manifests(store, RETRIES), RETRIES).list(POINTS);
      return sweeper(Careless.NOTHING).play(store);
    };
  }

  private Part sweeper(Careless careless) {
    return store -> {
      var manifests = new Manifests(store, RETRIES);
      var names = new Names(store, manifests, RETRIES);
      FoundNames found = null;
      if (careless == Careless.LISTS_NAMES_BEFORE_ONLY) {
        found = names.listAtOneMoment(POINTS);
      }
      Optional<Manifest> before = manifests.newest();
      Manifest next = manifest(before.map(Manifest::number).orElse(0L) + 1, 1);
      if (!manifests.create(before.orElse(null), next)) {
        return "overtaken";
      }
      if (found == null) {
        found =
            careless == Careless.READS_NAMES_ONCE
                ? names.list(POINTS)
                : names.listAtOneMoment(POINTS);
      }
      List<NameRecord> named = named(names, found, Optional.of(next), careless);
      if (named.stream().anyMatch(name -> name.position().seq() == DOOMED)) {
        return "kept for a name";
      }
      store.deleteAll(List.of(LogKeys.changeset(DOOMED)));
      return "swept";
    };
  }

  private static List<NameRecord> named(
      Names names, FoundNames found, Optional<Manifest> manifest, Careless careless) {
    if (careless == Careless.FORGETS_LEFTOVERS) {
      return found.requireReadable().held();
    }
    List<StateName> over = names.giveUpLeftovers(found, NO_GRACE);
    return KeptStates.named(manifest, found).stream()
        .filter(name -> !over.contains(name.name()))
        .toList();
  }

  private NameRecord point(String name, long seq) {
    return KeptObjects.point(name, position(seq));
  }

  private Part creator(NameRecord wanted) {
    return store -> {
      var names = new Names(store, new Manifests(store, RETRIES), RETRIES);
      NameRecord held = names.make(wanted);
      return held.position().seq() == DOOMED ? "told that it is " + held.hold() : "told of another";
    };
  }

  /** Looks whether the state exists before it writes the name, and not after. */
  private Part hastyCreator(NameRecord wanted) {
    return store -> {
      var manifests = new Manifests(store, RETRIES);
      var names = new Names(store, manifests, RETRIES);
      new NamedExistence(store, manifests, RETRIES, () -> names.list(POINTS)).require(wanted);
      var objects = new NameObjects(store, RETRIES);
      Seen created = objects.create(wanted);
      return objects
          .replace(created, wanted.with(Hold.HELD))
          .filter(seen -> seen.is(Hold.HELD))
          .map(seen -> "told that it is HELD")
          .orElse("refused");
    };
  }

  /** Sees no manifest. */
  private Part blindCreator(NameRecord wanted) {
    return store -> creator(wanted).play(withoutManifests(store));
  }

  private static ObjectStore withoutManifests(ObjectStore store) {
    return (ObjectStore)
        Proxy.newProxyInstance(
            ObjectStore.class.getClassLoader(),
            new Class<?>[] {ObjectStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("list") && arguments[0].equals(LogKeys.KEPT)) {
                return new Listing(List.of(), false, ReplayedStore.NOW);
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private Part deleter(String name) {
    return store -> {
      var names = new Names(store, new Manifests(store, RETRIES), RETRIES);
      return names.delete(StateName.point(name)) ? "deleted" : "nothing to delete";
    };
  }

  /** Whoever was told that a name is held, or reads so, must find its state. */
  private static @Nullable String breach(StoreContent content, List<String> places) {
    boolean there = content.objects().containsKey(LogKeys.changeset(DOOMED));
    if (there) {
      return null;
    }
    if (places.contains("told that it is HELD")) {
      return "a state is gone that somebody was told is held";
    }
    for (var object : content.objects().tailMap("point/").entrySet()) {
      StateName name = StateName.ofKey(NameKind.POINT, object.getKey()).orElse(null);
      if (name != null) {
        NameRecord record = NameFormat.decode(object.getValue().bytes().get(), "", name);
        if (record.hold() == Hold.HELD && record.position().seq() == DOOMED) {
          return "a state is gone that " + name + " holds";
        }
      }
    }
    return null;
  }

  private static Interleavings explore(
      String what, int faults, StoreContent begin, boolean holds, Part... parts) {
    var all = new Interleavings(List.of(parts), faults, KeptInterleavingsTest::breach);
    String problem = all.explore(begin);
    System.out.println(
        "KEPT "
            + what
            + ": "
            + all.states()
            + " states, "
            + all.transitions()
            + " transitions, "
            + all.outcomes());
    if (holds) {
      assertThat(problem).isNull();
    } else {
      assertThat(problem).as("the mutation is found").isNotNull();
      System.out.println(problem.replaceAll("(?m)^(.{180}).*$", "$1…"));
    }
    return all;
  }

  private static void requireLandmarks(Interleavings all, String... landmarks) {
    assertThat(all.outcomes()).containsKeys(landmarks);
  }

  @Test
  void twoSweepers_andACreator_ofAStateThatIsListed() {
    Interleavings all =
        explore(
            "2 sweepers, 1 creator, listed",
            0,
            content(manifest(1, 1, DOOMED)),
            true,
            sweeper(Careless.NOTHING),
            sweeper(Careless.NOTHING),
            creator(point("a", DOOMED)));
    requireLandmarks(
        all,
        "told that it is HELD",
        DivergedException.class.getSimpleName(),
        "swept",
        "overtaken",
        "kept for a name");
  }

  @Test
  void twoSweepers_andACreator_ofALogThatWasNeverSwept() {
    Interleavings all =
        explore(
            "2 sweepers, 1 creator, no manifest",
            0,
            content(null),
            true,
            sweeper(Careless.NOTHING),
            sweeper(Careless.NOTHING),
            creator(point("a", DOOMED)));
    requireLandmarks(all, "told that it is HELD", "swept", "overtaken", "kept for a name");
  }

  @Test
  void aSweeper_andACreator_whoseWritesAreLostOrLate() {
    Interleavings all =
        explore(
            "1 sweeper, 1 creator, 2 faults",
            2,
            content(manifest(1, 1, DOOMED)),
            true,
            sweeperThatLooksFirst(),
            creator(point("a", DOOMED)));
    requireLandmarks(all, "told that it is HELD", "swept", "UnavailableException");
  }

  @Test
  void aCreator_thatReliesOnAnotherName_whichIsDeletedMeanwhile() {
    Interleavings all =
        explore(
            "1 sweeper, 1 creator, 1 deleter, given up before and named",
            0,
            content(manifest(1, 1), point("old", DOOMED).with(Hold.HELD)),
            true,
            sweeper(Careless.NOTHING),
            creator(point("new", DOOMED)),
            deleter("old"));
    requireLandmarks(all, "told that it is HELD", "swept", "kept for a name", "deleted");
  }

  @Test
  void twoCreators_ofOneName_forDifferentStates() {
    Interleavings all =
        explore(
            "1 sweeper, 2 creators of one name",
            0,
            content(manifest(1, 1, DOOMED)),
            true,
            sweeper(Careless.NOTHING),
            creator(point("a", DOOMED)),
            creator(point("a", FLOOR)));
    requireLandmarks(
        all,
        "swept",
        "kept for a name",
        "told that it is HELD",
        "told of another",
        DivergedException.class.getSimpleName());
  }

  @Test
  void aSweeper_thatListsNamesBeforeItsManifestOnly_isFound() {
    explore(
        "MUTATION names before the manifest only",
        0,
        content(manifest(1, 1, DOOMED)),
        false,
        sweeper(Careless.LISTS_NAMES_BEFORE_ONLY),
        sweeper(Careless.LISTS_NAMES_BEFORE_ONLY),
        creator(point("a", DOOMED)));
  }

  @Test
  void aSweeper_thatReadsNamesOnce_isFound() {
    explore(
        "MUTATION names are read once after the manifest",
        0,
        content(manifest(1, 1), point("old", DOOMED).with(Hold.HELD)),
        false,
        sweeper(Careless.READS_NAMES_ONCE),
        creator(point("new", DOOMED)),
        deleter("old"));
  }

  @Test
  void aSweeper_thatForgetsWhatIsBeingMade_isFound() {
    explore(
        "MUTATION leftovers name nothing at once",
        0,
        content(manifest(1, 1, DOOMED)),
        false,
        sweeper(Careless.FORGETS_LEFTOVERS),
        creator(point("a", DOOMED)));
  }

  @Test
  void aCreator_thatDoesNotReadTheManifest_isFound() {
    explore(
        "MUTATION no look at the manifest",
        0,
        content(manifest(1, 1, DOOMED)),
        false,
        sweeper(Careless.NOTHING),
        blindCreator(point("a", DOOMED)));
  }

  @Test
  void aCreator_thatReadsTheManifestBeforeItWritesTheName_isFound() {
    explore(
        "MUTATION the manifest before the name",
        0,
        content(manifest(1, 1, DOOMED)),
        false,
        sweeper(Careless.NOTHING),
        hastyCreator(point("a", DOOMED)));
  }
}
