package io.haduck;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** The rules of the house fail where something is planted that breaks them. */
final class HouseRulesTest {
  private static final String STORE = "io.haduck.core.store.";

  private static void finds(ArchRule rule, String... planted) throws ClassNotFoundException {
    Class<?>[] types = new Class<?>[planted.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = Class.forName(planted[i], false, HouseRulesTest.class.getClassLoader());
    }
    JavaClasses classes = new ClassFileImporter().importClasses(types);
    assertThat(rule.evaluate(classes).hasViolation()).isTrue();
  }

  @Test
  void importsGoDownOnly_findsOneThatGoesUp() throws Exception {
    finds(HouseRules.importsGoDownOnly(), STORE + "PlantedUpward");
  }

  @Test
  void noCircles_findsTwoThatKnowEachOther() throws Exception {
    finds(HouseRules.noCircles(), STORE + "PlantedCircle", STORE + "PlantedPartner");
  }

  @Test
  void apiNamesNoInternalType_findsOneThatDoes() throws Exception {
    finds(HouseRules.apiNamesNoInternalType(), "io.haduck.core.replica.PlantedApi");
  }

  @Test
  void publicWhereNeeded_findsOneThatNobodyNeeds() throws Exception {
    finds(HouseRules.publicWhereNeeded(), "io.haduck.core.internal.log.PlantedPublic");
  }

  @Test
  void openedFiles_findsOneThatOpensAChannel() throws Exception {
    finds(OpenedFilesTest.files_areOpenedByFew, STORE + "PlantedOpening");
  }

  @Test
  void timeAndChance_findsOneThatReadsTheClock() throws Exception {
    finds(TimeAndChanceTest.timeAndChance_areTakenByThoseOnlyWhoSayWhy, STORE + "PlantedClock");
  }
}
