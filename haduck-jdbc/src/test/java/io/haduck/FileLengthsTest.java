package io.haduck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A file holds one idea; one of more lines than this holds two, and is to be parted. */
class FileLengthsTest {
  private static final int LINES = 400;

  /** Files that may be longer, and why. */
  private static final Map<String, String> LONGER =
      Map.of(
          "haduck-jdbc/src/main/java/io/haduck/jdbc/HaduckDataSource.java",
          "a setter for each setting",
          "haduck-jdbc/src/main/java/io/haduck/jdbc/internal/forward/ResultSetDelegate.java",
          "the methods of java.sql.ResultSet, each of which only forwards");

  @Test
  void onlyWhatHasAReason_isLonger() throws IOException {
    var longer = new TreeMap<String, Integer>();
    int found = 0;
    for (Path source : RepositoryFiles.endingIn(".java")) {
      int lines = Files.readAllLines(source).size();
      if (lines > LINES) {
        longer.put(RepositoryFiles.ROOT.relativize(source).toString(), lines);
      }
      found++;
    }
    assertThat(found).isGreaterThan(400);
    assertThat(longer).containsOnlyKeys(LONGER.keySet());
  }
}
