package io.haduck;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The house of docs/ARCHITECTURE.md: imports go down only. */
@AnalyzeClasses(
    packages = "io.haduck",
    importOptions = {ImportOption.DoNotIncludeTests.class, HouseTest.WithoutTestJars.class})
class HouseTest {
  /** Other modules' tests reach this one as jars. */
  static final class WithoutTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  @ArchTest
  static final ArchRule imports_goDownOnly =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("io.haduck..")
          .layer("jdbc")
          .definedBy("io.haduck.jdbc..")
          .layer("s3")
          .definedBy("io.haduck.s3..")
          .layer("replica")
          .definedBy("io.haduck.core.replica..")
          .layer("log")
          .definedBy("io.haduck.core.log..")
          .layer("watch")
          .definedBy("io.haduck.core.watch..")
          .layer("duckdb")
          .definedBy("io.haduck.core.duckdb..")
          .layer("store")
          .definedBy("io.haduck.core.store..")
          .layer("root")
          .definedBy("io.haduck.core")
          .whereLayer("jdbc")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("s3")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("replica")
          .mayOnlyBeAccessedByLayers("jdbc")
          .whereLayer("log")
          .mayOnlyBeAccessedByLayers("replica", "jdbc")
          .whereLayer("watch")
          .mayOnlyBeAccessedByLayers("log", "replica", "jdbc")
          .whereLayer("duckdb")
          .mayOnlyBeAccessedByLayers("watch", "log", "replica", "jdbc")
          .whereLayer("store")
          .mayOnlyBeAccessedByLayers("duckdb", "watch", "log", "replica", "jdbc", "s3")
          .whereLayer("root")
          .mayOnlyBeAccessedByLayers("store", "duckdb", "watch", "log", "replica", "jdbc", "s3");

  @ArchTest
  static final ArchRule core_knowsNeitherSqlNorS3 =
      noClasses()
          .that()
          .resideInAPackage("io.haduck.core..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "org.duckdb..", "software.amazon..");

  @ArchTest
  static final ArchRule jdbc_reachesS3ByServiceLoaderOnly =
      noClasses()
          .that()
          .resideInAPackage("io.haduck.jdbc..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.haduck.s3..", "software.amazon..");
}
