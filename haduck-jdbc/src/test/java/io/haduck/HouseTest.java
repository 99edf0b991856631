package io.haduck;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * The house of docs/internals/architecture.md: imports go down only, and nothing goes round in
 * circles.
 */
@AnalyzeClasses(
    packages = {"io.haduck.core", "io.haduck.jdbc", "io.haduck.s3", "io.haduck.testing"},
    importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
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

  @ArchTest
  static final ArchRule jdbc_reachesS3ByServiceLoaderOnly =
      noClasses()
          .that()
          .resideInAPackage("io.haduck.jdbc..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.haduck.s3..", "software.amazon..");
}
