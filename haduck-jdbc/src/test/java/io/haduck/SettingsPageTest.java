package io.haduck;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.settings.Setting;
import io.haduck.core.store.ObjectStoreSettings;
import io.haduck.jdbc.HaduckDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Holds docs/reference/settings.md to the truth, and the few settings that README shows. */
final class SettingsPageTest {
  private static final Path PAGE = Path.of("../docs/reference/settings.md");
  private static final Path README = Path.of("../README.md");
  private static final Pattern ROW = Pattern.compile("\\| `haduck\\.[a-z0-9_.]+` \\|.*");
  private static final Pattern EXACT = Pattern.compile("`[^`]*`");
  private static final Pattern NAMED =
      Pattern.compile("`(haduck\\.[a-z0-9_.]+|HADUCK_[A-Z0-9_]+)`");

  @Test
  void eachSetting_hasARow_withItsVariableDefaultAndChoices() throws Exception {
    Map<String, String[]> rows = rows();
    List<String> keys = new ArrayList<>();
    for (Setting<?> setting : ObjectStoreSettings.known().all()) {
      keys.add(setting.qualifiedKey());
      String[] row = rows.get(setting.qualifiedKey());
      assertThat(row).as(setting.qualifiedKey()).hasSize(5);
      assertThat(row[1]).isEqualTo("`" + setting.environmentName() + "`");
      if (setting.defaultValue() != null) {
        assertThat(row[2]).as(setting.key()).isEqualTo("`" + setting.defaultValue() + "`");
      } else {
        assertThat(row[2]).as(setting.key()).doesNotMatch(EXACT);
      }
      String[] choices = describe(setting).choices;
      if (choices != null) {
        assertThat(row[3].split(", ")).containsExactlyInAnyOrder(quoted(choices));
      }
      assertThat(row[3].equals("secret")).as(setting.key()).isEqualTo(setting.secret());
    }
    assertThat(rows).containsOnlyKeys(keys);
  }

  @Test
  void readme_namesSettingsThatExist() throws IOException {
    List<String> names = new ArrayList<>();
    for (Setting<?> setting : ObjectStoreSettings.known().all()) {
      names.add(setting.qualifiedKey());
      names.add(setting.environmentName());
    }
    List<String> named =
        NAMED.matcher(Files.readString(README)).results().map(it -> it.group(1)).toList();
    assertThat(named).hasSizeGreaterThan(5).isSubsetOf(names);
  }

  private static String[] quoted(String[] choices) {
    return Arrays.stream(choices).map(choice -> "`" + choice + "`").toArray(String[]::new);
  }

  private static Map<String, String[]> rows() throws IOException {
    Map<String, String[]> rows = new TreeMap<>();
    for (String line : Files.readAllLines(PAGE)) {
      if (ROW.matcher(line).matches()) {
        String[] cells = line.substring(2, line.length() - 2).split(" \\| ", -1);
        assertThat(rows.put(cells[0].replace("`", ""), cells)).as(line).isNull();
      }
    }
    return rows;
  }

  private static DriverPropertyInfo describe(Setting<?> setting) throws SQLException {
    return Arrays.stream(
            new HaduckDriver().getPropertyInfo("jdbc:haduck:x.duckdb", new Properties()))
        .filter(it -> it.name.equals(setting.qualifiedKey()))
        .findFirst()
        .orElseThrow();
  }
}
