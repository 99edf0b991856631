package io.haduck;

import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What {@link HouseTest} asks of the classes. */
final class HouseRules {
  private static final String ROOT = "io.haduck.";

  /** From the roof down; packages on one floor do not know each other. */
  static final List<List<String>> FLOORS =
      List.of(
          List.of("testing.internal.splitbrain"),
          List.of("jdbc", "s3", "testing", "testing.internal"),
          List.of("jdbc.internal.wrapped"),
          List.of("jdbc.internal.following"),
          List.of("jdbc.internal.database"),
          List.of("jdbc.internal.sql", "jdbc.internal.forward"),
          List.of("jdbc.internal.url"),
          List.of("jdbc.results"),
          List.of("core.replica"),
          List.of("core.follower"),
          List.of("core.internal.opening"),
          List.of("core.internal.capture"),
          List.of(
              "core.internal.upkeep",
              "core.internal.compaction",
              "core.internal.restoring",
              "core.internal.sweep",
              "core.verify",
              "core.points"),
          List.of("core.internal.local", "core.internal.fetch"),
          List.of("core.internal.kept"),
          List.of("core.internal.watch", "core.internal.log", "core.lease"),
          List.of("core.internal.metadata"),
          List.of("core.internal.duckdb"),
          List.of("core.restore", "core.internal.retention"),
          List.of("core.store"),
          List.of("core.settings"),
          List.of("core.internal.concurrent", "core.retention"),
          List.of("core"));

  /** Wrappers of JDBC's types, which lead to each other as those types do. */
  private static final Set<String> MAY_GO_IN_CIRCLES =
      Set.of(
          "io.haduck.jdbc.internal.forward.ConnectionDelegate",
          "io.haduck.jdbc.internal.forward.PreparedStatementDelegate",
          "io.haduck.jdbc.internal.forward.ResultSetDelegate",
          "io.haduck.jdbc.internal.forward.StatementDelegate",
          "io.haduck.jdbc.internal.forward.UserFunctions",
          "io.haduck.jdbc.internal.forward.WrappedMetaData",
          "io.haduck.jdbc.internal.wrapped.HaduckConnection",
          "io.haduck.jdbc.internal.wrapped.HaduckPreparedStatement",
          "io.haduck.jdbc.internal.wrapped.HaduckResultSet",
          "io.haduck.jdbc.internal.wrapped.HaduckStatement");

  /**
   * What is told and thrown from all floors of haduck-jdbc, and stands in its front all the same.
   */
  private static final Set<String> RESULTS =
      Set.of("CheckpointResult", "DatabaseRole", "DatabaseStatus", "ReplicationPendingException");

  /**
   * Public for tests in other packages only, or for what no class file tells: the use of a
   * constant, and what a lambda is.
   */
  private static final Map<String, String> PUBLIC_FOR_TESTS =
      Map.ofEntries(
          Map.entry(
              "io.haduck.core.internal.capture.RollUp", "a constant, which the compiler copies"),
          Map.entry("io.haduck.core.internal.log.Segment", "a constant, which the compiler copies"),
          Map.entry(
              "io.haduck.jdbc.internal.forward.UserFunctions",
              "a constant, which the compiler copies"),
          Map.entry(
              "io.haduck.jdbc.internal.database.DuckDbCheckpointHold", "how checkpoints are held"),
          Map.entry("io.haduck.jdbc.internal.database.HeldSettings", "what is held, and set back"),
          Map.entry(
              "io.haduck.jdbc.internal.database.InstanceDatabases",
              "which checkpoints are haduck's own"),
          Map.entry(
              "io.haduck.core.internal.capture.UploadLimits",
              "what memory a capture may take, in a long outage"),
          Map.entry("io.haduck.core.internal.kept.StateName", "points that tests of sweeps make"),
          Map.entry(
              "io.haduck.core.internal.kept.ThinnedLog", "a log of which tests give up states"),
          Map.entry("io.haduck.core.internal.local.RecordSize", "how long a record may be"),
          Map.entry(
              "io.haduck.core.internal.restoring.AsideFiles", "which files a restore leaves aside"),
          Map.entry("io.haduck.core.internal.restoring.SharedFile", "what a killed restore leaves"),
          Map.entry(
              "io.haduck.jdbc.internal.following.StatusOffer",
              "a lambda of the JVM's registry is one of these"),
          Map.entry(
              "io.haduck.jdbc.internal.database.KnownConnection", "connections that are forgotten"),
          Map.entry(
              "io.haduck.jdbc.internal.database.ReplayHint", "what is said of a failed replay"),
          Map.entry(
              "io.haduck.jdbc.internal.database.ReplayedIndexes",
              "which statements need a checkpoint soon"),
          Map.entry(
              "io.haduck.jdbc.internal.database.StreamedResults", "results that are still read"));

  private HouseRules() {}

  private static String room(JavaClass type) {
    String room = type.getPackageName().substring(ROOT.length());
    return room.equals("jdbc") && RESULTS.contains(type.getSimpleName()) ? "jdbc.results" : room;
  }

  private static boolean isOurs(JavaClass type) {
    return type.getPackageName().startsWith(ROOT + "core")
        || type.getPackageName().startsWith(ROOT + "jdbc")
        || type.getPackageName().startsWith(ROOT + "s3")
        || type.getPackageName().startsWith(ROOT + "testing");
  }

  private static int floor(JavaClass type) {
    for (int floor = 0; floor < FLOORS.size(); floor++) {
      if (FLOORS.get(floor).contains(room(type))) {
        return floor;
      }
    }
    return -1;
  }

  static ArchRule importsGoDownOnly() {
    return classes()
        .should(
            new ArchCondition<>("depend on lower floors only") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                if (floor(type) < 0) {
                  events.add(violated(type, type.getName() + " is in a package that has no floor"));
                }
                for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                  JavaClass other = dependency.getTargetClass().getBaseComponentType();
                  if (isOurs(other)
                      && !room(other).equals(room(type))
                      && floor(other) <= floor(type)) {
                    events.add(violated(type, dependency.getDescription()));
                  }
                }
              }
            });
  }

  static ArchRule noCircles() {
    return classes()
        .should(
            new ArchCondition<>("not depend on each other in circles") {
              private final Map<String, Set<String>> known = new HashMap<>();

              @Override
              public void init(Collection<JavaClass> all) {
                for (JavaClass type : all) {
                  Set<String> others =
                      known.computeIfAbsent(outermost(type), key -> new HashSet<>());
                  for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                    JavaClass other = dependency.getTargetClass().getBaseComponentType();
                    if (isOurs(other)) {
                      others.add(outermost(other));
                    }
                  }
                  others.remove(outermost(type));
                }
              }

              @Override
              public void check(JavaClass type, ConditionEvents events) {}

              @Override
              public void finish(ConditionEvents events) {
                Set<Set<String>> circles = new HashSet<>();
                for (String type : known.keySet()) {
                  Set<String> circle = new TreeSet<>();
                  for (String other : reached(type)) {
                    if (reached(other).contains(type)) {
                      circle.add(other);
                    }
                  }
                  if (circle.size() > 1 && !MAY_GO_IN_CIRCLES.containsAll(circle)) {
                    circles.add(circle);
                  }
                }
                circles.forEach(circle -> events.add(violated(circle, "a circle of " + circle)));
              }

              private Set<String> reached(String from) {
                Set<String> reached = new HashSet<>();
                Deque<String> next = new ArrayDeque<>(known.getOrDefault(from, Set.of()));
                while (!next.isEmpty()) {
                  String type = next.remove();
                  if (reached.add(type)) {
                    next.addAll(known.getOrDefault(type, Set.of()));
                  }
                }
                return reached;
              }
            });
  }

  private static String outermost(JavaClass type) {
    return type.getName().replaceFirst("\\$.*", "");
  }

  private static boolean isInternal(JavaClass type) {
    return isOurs(type) && (type.getPackageName().contains(".internal") || !isPublic(type));
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(HouseRules::isPublic).orElse(true);
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  static ArchRule apiNamesNoInternalType() {
    return classes()
        .should(
            new ArchCondition<>("name no internal type in what users see") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                if (isInternal(type)) {
                  return;
                }
                Stream<JavaClass> above =
                    Stream.concat(
                        type.getRawInterfaces().stream(), type.getRawSuperclass().stream());
                above
                    .filter(HouseRules::isInternal)
                    .forEach(
                        it -> events.add(violated(type, type.getName() + " is a " + it.getName())));
                for (JavaCodeUnit unit : type.getCodeUnits()) {
                  if (isVisible(unit.getModifiers())) {
                    Stream.of(
                            unit.getRawParameterTypes().stream(),
                            unit.getExceptionTypes().stream(),
                            Stream.of(unit.getRawReturnType()),
                            unit.getReturnType().getAllInvolvedRawTypes().stream())
                        .flatMap(it -> it)
                        .map(JavaClass::getBaseComponentType)
                        .filter(HouseRules::isInternal)
                        .distinct()
                        .forEach(
                            it ->
                                events.add(
                                    violated(unit, unit.getFullName() + " shows " + it.getName())));
                  }
                }
              }
            });
  }

  /** What haduck-testing offers is for tests, which are not asked here. */
  private static boolean mustBeNeeded(JavaClass type) {
    return isOurs(type)
        && type.getPackageName().contains(".internal")
        && !type.getPackageName().startsWith(ROOT + "testing")
        && type.isTopLevelClass()
        && !type.isAssignableTo(
            Throwable.class) // a class file does not tell ArchUnit who catches it
        && !type.getSimpleName().equals("package-info");
  }

  static ArchRule publicWhereNeeded() {
    return classes()
        .should(
            new ArchCondition<>("be public in an internal package only where another needs them") {
              private final Set<String> needed = new HashSet<>();

              @Override
              public void init(Collection<JavaClass> all) {
                for (JavaClass type : all) {
                  for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                    JavaClass other = dependency.getTargetClass().getBaseComponentType();
                    if (!other.getPackageName().equals(type.getPackageName())) {
                      needed.add(outermost(other));
                    }
                  }
                }
              }

              @Override
              public void check(JavaClass type, ConditionEvents events) {
                boolean forTests = PUBLIC_FOR_TESTS.containsKey(type.getName());
                if (mustBeNeeded(type)
                    && isPublic(type)
                    && !forTests
                    && !needed.contains(type.getName())) {
                  events.add(
                      violated(type, type.getName() + " is public, and no other package needs it"));
                }
                if (forTests && needed.contains(type.getName())) {
                  events.add(violated(type, type.getName() + " is needed, and need not be listed"));
                }
              }
            });
  }
}
