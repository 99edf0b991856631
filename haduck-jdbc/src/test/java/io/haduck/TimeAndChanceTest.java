package io.haduck;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Set;

/**
 * Time is taken from an injected clock and chance from an injected source, so that tests can decide
 * both. Who takes them from the system stands here with the reason.
 */
@AnalyzeClasses(
    packages = {"io.haduck.core", "io.haduck.jdbc", "io.haduck.s3"},
    importOptions = ImportOption.DoNotIncludeTests.class)
class TimeAndChanceTest {
  private static final String CORE = "io.haduck.core.";
  private static final String JDBC = "io.haduck.jdbc.";

  private static final Map<String, String> MAY =
      Map.ofEntries(
          Map.entry(CORE + "Ticker", "the system's clock itself"),
          Map.entry(CORE + "follower.FollowerOpening", "the jitter between attempts"),
          Map.entry(
              CORE + "internal.capture.ReplicaWriter",
              "the nonce of a writer and the lineage of a log, which no two may share"),
          Map.entry(
              CORE + "internal.capture.RollUp", "the name of a segment, which no two may share"),
          Map.entry(
              CORE + "internal.compaction.BlockMove",
              "the name of a segment, which no two may share"),
          Map.entry(
              CORE + "internal.concurrent.Uninterruptible",
              "waits for reads of the kernel, which no test's clock moves"),
          Map.entry(
              CORE + "internal.duckdb.FileStat", "compares the kernel's time stamps of files"),
          Map.entry(CORE + "internal.log.ChangesetHeads", "the jitter between attempts"),
          Map.entry(
              CORE + "internal.opening.Opener",
              "the jitter between attempts, and the name of a probe"),
          Map.entry(
              CORE + "internal.restoring.AsideFiles",
              "the name of a file that nobody else may have"),
          Map.entry(
              CORE + "internal.restoring.RestoredFiles",
              "the name of a file that nobody else may have"),
          Map.entry(
              CORE + "internal.concurrent.DaemonThreads",
              "waits for a thread, which no test's clock moves"),
          Map.entry(
              CORE + "points.Points",
              "the nonce of a point, the name of a probe, and the jitter between attempts"),
          Map.entry(CORE + "replica.StandbyReplica", "the jitter between attempts"),
          Map.entry(CORE + "replica.ReplicaSummary", "the jitter between attempts"),
          Map.entry(CORE + "replica.ReplicaSweep", "the jitter between attempts"),
          Map.entry(CORE + "replica.Sweeper", "the jitter between attempts"),
          Map.entry(
              JDBC + "internal.following.StandbyContest",
              "the jitter between attempts, and the time limits of calls"),
          Map.entry(
              JDBC + "internal.following.StandbyInstance",
              "the name of an instance that no other may have"),
          Map.entry(CORE + "replica.Restorer", "the jitter between attempts, and the id of a pin"),
          Map.entry(CORE + "verify.Verifier", "the jitter between attempts"),
          Map.entry(
              JDBC + "internal.wrapped.CheckpointRequest",
              "how long a call has taken, for its result"),
          Map.entry(
              JDBC + "internal.database.CallWait",
              "the time limits of calls, which DuckDB's are compared with"),
          Map.entry(JDBC + "internal.database.CheckpointCall", "the time limits of calls"),
          Map.entry(
              JDBC + "internal.database.JvmShutdown",
              "the end of the JVM, which is tested in real ones"),
          Map.entry(
              JDBC + "internal.database.LastSending",
              "the end of the JVM, which is tested in real ones"),
          Map.entry(JDBC + "internal.database.Replication", "the time limits of calls"),
          Map.entry(JDBC + "internal.database.ReplicatorOpening", "the time limits of calls"),
          Map.entry(
              JDBC + "internal.database.SoonCheckpoint",
              "waits for DuckDB, which no test's clock moves"));

  private static final Map<String, Set<String>> CALLS =
      Map.of(
          "java.lang.System", Set.of("nanoTime", "currentTimeMillis"),
          "java.time.Instant", Set.of("now"),
          "java.lang.Math", Set.of("random"),
          "java.util.Random", Set.of("<init>"),
          "java.util.concurrent.ThreadLocalRandom", Set.of("current"),
          "java.util.UUID", Set.of("randomUUID"),
          "java.lang.Thread", Set.of("sleep"));

  @ArchTest
  static final ArchRule timeAndChance_areTakenByThoseOnlyWhoSayWhy =
      classes()
          .should(
              new ArchCondition<>("take time and chance from what is injected") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  String outermost = type.getName().replaceFirst("\\$.*", "");
                  if (MAY.containsKey(outermost)) {
                    return;
                  }
                  for (JavaCodeUnitAccess<?> access : type.getCodeUnitAccessesFromSelf()) {
                    CodeUnitAccessTarget target = access.getTarget();
                    Set<String> calls = CALLS.getOrDefault(target.getOwner().getName(), Set.of());
                    boolean seeded =
                        target.getName().equals("<init>")
                            && !target.getRawParameterTypes().isEmpty();
                    if (calls.contains(target.getName()) && !seeded) {
                      events.add(SimpleConditionEvent.violated(type, access.getDescription()));
                    }
                  }
                }
              });
}
