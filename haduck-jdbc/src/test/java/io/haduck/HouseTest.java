package io.haduck;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.haduck.core.internal.log.Appender;
import io.haduck.core.internal.log.EncodedChangeset;

/**
 * The house of docs/internals/architecture.md: imports go down only, and nothing goes round in
 * circles.
 */
@AnalyzeClasses(
    packages = {"io.haduck.core", "io.haduck.jdbc", "io.haduck.s3", "io.haduck.testing"},
    importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
  private static final String LOG_HEAD = "io.haduck.core.internal.capture.LogHead";

  @ArchTest static final ArchRule imports_goDownOnly = HouseRules.importsGoDownOnly();

  @ArchTest static final ArchRule classes_knowEachOtherInOneDirection = HouseRules.noCircles();

  @ArchTest
  static final ArchRule internalTypes_arePublicWhereNeeded = HouseRules.publicWhereNeeded();

  @ArchTest static final ArchRule api_namesNoInternalType = HouseRules.apiNamesNoInternalType();

  @ArchTest
  static final ArchRule core_knowsNeitherSqlNorS3 =
      noClasses()
          .that()
          .resideInAPackage("io.haduck.core..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "org.duckdb..", "software.amazon..");

  /** Who may write a replica is decided by one append at a time, by one writer. */
  @ArchTest
  static final ArchRule onlyTheWritersHead_appends =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(LOG_HEAD)
          .and()
          .resideInAnyPackage("io.haduck.core..", "io.haduck.jdbc..", "io.haduck.s3..")
          .should()
          .callMethod(Appender.class, "append", EncodedChangeset.class);

  @ArchTest
  static final ArchRule onlyTheWriter_hasAHead =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName("io.haduck.core.internal.capture.ReplicaWriter")
          .should()
          .callConstructorWhere(ofLogHead());

  /** Capture asks a permit, and the lease decides nothing about the log. */
  @ArchTest
  static final ArchRule captureAndLog_seeNoLease =
      noClasses()
          .that()
          .resideInAnyPackage("io.haduck.core.internal.capture..", "io.haduck.core.internal.log..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.haduck.core.lease..");

  private static DescribedPredicate<JavaConstructorCall> ofLogHead() {
    return DescribedPredicate.describe(
        "it makes a LogHead", call -> call.getTargetOwner().getName().equals(LOG_HEAD));
  }

  @ArchTest
  static final ArchRule jdbc_reachesS3ByServiceLoaderOnly =
      noClasses()
          .that()
          .resideInAPackage("io.haduck.jdbc..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.haduck.s3..", "software.amazon..");
}
