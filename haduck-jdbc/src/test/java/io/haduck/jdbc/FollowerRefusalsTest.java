package io.haduck.jdbc;

import static io.haduck.jdbc.Sql.count;
import static io.haduck.jdbc.Sql.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a follower refuses, and how it says so. */
@Tag("compat")
final class FollowerRefusalsTest extends FollowedWriter {
  @Test
  void whatKeepsNewerCopiesAway_isRefusedWhereItIsSaid_andNotWhereItIsData() throws Exception {
    assertThatThrownBy(
            () -> DriverManager.getConnection(followerUrl() + ";immediate_transaction_mode=true"))
        .hasMessageContaining("immediate_transaction_mode");
    try (Connection follower = follow()) {
      assertThatThrownBy(() -> run(follower, "SET immediate_transaction_mode=true"))
          .hasMessageContaining("followed");
      run(follower, "CREATE TEMP TABLE notes (said VARCHAR)");
      run(follower, "INSERT INTO notes VALUES ('haduck: started'), ('enable_external_access')");
      run(follower, "PREPARE asks AS SELECT current_setting('enable_external_access')");
      assertThat(count(follower, "notes")).isEqualTo(2);
    }
  }

  @Test
  void otherSettings_andOnePathForBoth_areRefused() throws Exception {
    assertThatThrownBy(() -> DriverManager.getConnection(url("writer", ";haduck.mode=follower")))
        .hasMessageContaining("cannot be followed here as well");
    try (Connection follower = follow()) {
      assertThat(count(follower, "t")).isEqualTo(1000);
      assertThatThrownBy(() -> DriverManager.getConnection(followerUrl() + ";haduck.max_lag=1h"))
          .hasMessageContaining("haduck.max_lag");
      assertThatThrownBy(() -> DriverManager.getConnection(url("follower", "")))
          .hasMessageContaining("cannot be written to here as well");
    }
  }

  @Test
  void whatCannotBeFollowed_isSaid() throws Exception {
    assertThatThrownBy(() -> DriverManager.getConnection("jdbc:haduck:;haduck.mode=follower"))
        .hasMessageContaining("mode=follower");
    assertThatThrownBy(
            () ->
                DriverManager.getConnection(
                    "jdbc:haduck:" + directory.resolve("x.duckdb") + ";haduck.mode=follower"))
        .hasMessageContaining("haduck.replica");
    assertThatThrownBy(() -> DriverManager.getConnection(followerUrl() + ";haduck.name=another"))
        .hasMessageContaining("nothing to follow");
    assertThatThrownBy(
            () -> DriverManager.getConnection(followerUrl() + ";enable_external_access=false"))
        .hasMessageContaining("enable_external_access");
    assertThatThrownBy(() -> DriverManager.getConnection(followerUrl() + ";access_mode=READ_WRITE"))
        .hasMessageContaining("access_mode");
    try (Connection memory = DriverManager.getConnection("jdbc:haduck:")) {
      String attached = followerUrl().substring("jdbc:".length());
      assertThatThrownBy(() -> run(memory, "ATTACH '" + attached + "' AS my"))
          .hasMessageContaining("haduck.mode=follower");
    }
    try (Connection follower = follow()) {
      assertThat(count(follower, "t")).isEqualTo(1000);
    }
  }

  @Test
  void readOnly_ofAFileThatIsNotHere_namesTheModeThatWasMeant() throws Exception {
    String readOnly = url("elsewhere", ";access_mode=READ_ONLY");
    assertThatThrownBy(() -> DriverManager.getConnection(readOnly))
        .hasCauseInstanceOf(SQLException.class)
        .hasMessageContaining("haduck.mode=follower")
        .extracting(it -> ((SQLException) it).getSQLState())
        .isEqualTo("08001");
    String local = readOnly.replaceAll(";haduck[.][^;]*", "");
    assertThatThrownBy(() -> DriverManager.getConnection(local))
        .hasMessageNotContaining("haduck.mode");
  }

  @Test
  void write_isRefused_andNamesWhoWrites() throws Exception {
    try (Connection follower = follow()) {
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> run(follower, "INSERT INTO t VALUES (1)"))
                      .hasMessageContaining(" is written, last by 'orders-1'")
                      .extracting(it -> ((SQLException) it).getSQLState())
                      .isEqualTo("25006"));
    }
  }
}
