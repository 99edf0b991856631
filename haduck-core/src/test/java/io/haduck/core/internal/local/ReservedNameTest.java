package io.haduck.core.internal.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.LocalFileException;
import io.haduck.core.internal.duckdb.DatabaseInUseException;
import io.haduck.core.internal.restoring.AsideFiles;
import io.haduck.testing.internal.ReplicatedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restored database takes a name that nobody has, where there are no hard links. */
class ReservedNameTest {
  @TempDir Path directory;
  private LocalFiles files;
  private Path image;

  @BeforeEach
  void makeAnImage() throws Exception {
    files = LocalFiles.of(directory.resolve("my.duckdb"));
    image = Files.writeString(files.beside(AsideFiles.name()), "restored");
  }

  @Test
  void take_givesTheImageItsName() throws Exception {
    ReservedName.take(files, image, FileSteps.untold());
    assertThat(files.database()).hasContent("restored");
    assertThat(image).doesNotExist();
  }

  @Test
  void take_ofANameThatIsTaken_leavesThatFileAlone() throws Exception {
    Files.writeString(files.database(), "");
    assertThatThrownBy(() -> ReservedName.take(files, image, FileSteps.untold()))
        .isInstanceOf(LocalFileException.class)
        .hasMessageContaining("appeared while it was being restored");
    assertThat(files.database()).exists();
    assertThat(image).exists();
  }

  @Test
  void take_whileSomebodyWritesToTheEmptyFile_leavesThatFileAlone() {
    FileSteps filling =
        change -> {
          if (change.startsWith("lock")) {
            Files.writeString(files.database(), "mine");
          }
        };
    assertThatThrownBy(() -> ReservedName.take(files, image, filling))
        .hasMessageContaining("appeared while it was being restored");
    assertThat(files.database()).hasContent("mine");
  }

  @Test
  void take_thatFails_leavesNoEmptyFile() throws Exception {
    Files.delete(image);
    assertThatThrownBy(() -> ReservedName.take(files, image, FileSteps.untold()))
        .isInstanceOf(IOException.class);
    assertThat(files.database()).doesNotExist();
  }

  @Test
  void giveUp_deletesAnEmptyFile_andNothingElse() throws Exception {
    ReservedName.giveUp(files);
    Files.createFile(files.database());
    ReservedName.giveUp(files);
    assertThat(files.database()).doesNotExist();
    Files.writeString(files.database(), "mine");
    ReservedName.giveUp(files);
    assertThat(files.database()).hasContent("mine");
  }

  @Test
  void giveUp_ofAFileThatDuckDbHasOpen_leavesItAlone() throws Exception {
    try (Connection plain = DriverManager.getConnection("jdbc:duckdb:" + files.database())) {
      assertThat(plain.isValid(1)).isTrue();
      if (Files.size(files.database()) > 0) {
        ReservedName.giveUp(files);
      } else {
        assertThatThrownBy(() -> ReservedName.giveUp(files))
            .isInstanceOf(DatabaseInUseException.class);
      }
      assertThat(files.database()).exists();
    }
  }

  @Test
  void open_withTheEmptyFileOfAKilledRestore_restores() throws Exception {
    Files.delete(image);
    try (var database = ReplicatedDatabase.open(directory)) {
      database.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)");
      database.checkpoint();
      String before = database.contents();
      database.stop();
      Files.copy(files.record(), files.nextRecord());
      Files.delete(files.database());
      Files.createFile(files.database());
      database.open();
      assertThat(database.contents()).isEqualTo(before);
    }
  }
}
