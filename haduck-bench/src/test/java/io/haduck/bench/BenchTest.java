package io.haduck.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the scenarios run, at sizes at which their figures mean nothing. */
class BenchTest {
  @TempDir Path directory;

  @Test
  void run_everyScenario_reportsMeasuresAndLeavesNothing() throws Exception {
    assertThat(run("all", Options.Place.FILE))
        .contains("DuckDB v")
        .contains("== small-change ==", " / (c) bare PUTs of the whole file")
        .contains("== first-backup ==", "== growth ==", "== restore ==", " / bare GETs")
        .contains("== overhead ==", "jdbc:haduck: checkpoint / jdbc:duckdb:")
        .contains("== short-turns ==", "20 executions of a prepared SELECT")
        .contains("== opening ==", "2,000 tables", "jdbc:haduck: closing")
        .contains("== commits ==", "ratio to the bare PUT", "64 threads:")
        .contains("== async-inserts ==", "jdbc:haduck: async / jdbc:duckdb:")
        .contains("== load ==", "until the store had everything")
        .contains("== wal-restore ==", "restoring the same after a CHECKPOINT")
        .contains("== failover ==", "until the standby has written")
        .contains("== log-length ==", "first sweep that deletes", "load a time")
        .contains("== idle ==", ", 0 requests to the store")
        .contains("missed iterations: 0")
        .doesNotContain("NaN");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void run_onS3_startsAServerAndEndsIt() throws Exception {
    assertThat(run("restore", Options.Place.EMBEDDED)).contains("store: S3Proxy", " / bare GETs");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void run_followers_reportsLagsAndRequests() throws Exception {
    assertThat(run("followers", Options.Place.FILE))
        .contains("1 commits a second", "100 commits a second", "Haduck.awaitPosition")
        .contains("the first one after an hour", "requests in an idle hour", "standby")
        .contains("roles: STANDBY")
        .doesNotContain("NaN");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void run_soak_endsWithARestoreThatEqualsTheDatabase() throws Exception {
    assertThat(run("soak", Options.Place.EMBEDDED))
        .contains("heap after a collection", "open descriptors", "until caught up")
        .contains("rows are those of the database")
        .doesNotContain("NaN");
    assertThat(directory.resolve("soak.svg.csv")).exists();
    assertThat(directory.resolve("soak.svg"))
        .content()
        .startsWith("<svg ")
        .contains("class=\"out\"", "threads", "minutes since the beginning")
        .doesNotContain("NaN")
        .endsWith("</svg>\n");
  }

  @Test
  void run_retentionYear_deletes_andRestoresWhatIsKept() throws Exception {
    assertThat(run("retention-year", Options.Place.FILE))
        .contains("states restored and the same", "$ a week")
        .doesNotContain(" 0 objects deleted", " 0 states restored", "NaN");
    assertThat(directory.resolve("soak.svg"))
        .content()
        .contains("weeks since the beginning", "objects deleted in a week")
        .doesNotContain("NaN");
  }

  private String run(String scenario, Options.Place place) throws Exception {
    var bytes = new ByteArrayOutputStream();
    Bench.run(
        Options.of(scenario, directory, place).tiny(),
        new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void parse_options_areTaken() {
    Options options =
        Options.parse(
            new String[] {"restore", "--rounds", "3", "--mb", "20", "--store", "file:"},
            directory,
            Map.of("HADUCK_S3_BUCKET", "real"));

    assertThat(options.scenario()).isEqualTo("restore");
    assertThat(options.rounds()).isEqualTo(3);
    assertThat(options.megabytes()).isEqualTo(20);
    assertThat(options.place()).isEqualTo(Options.Place.FILE);
  }
}
