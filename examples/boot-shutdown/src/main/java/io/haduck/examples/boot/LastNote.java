package io.haduck.examples.boot;

import jakarta.annotation.PreDestroy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Takes a last note when the application ends, and makes a checkpoint. */
@Component
class LastNote {
  /** Who writes it. */
  static final int WRITER = -1;

  private static final Logger log = LoggerFactory.getLogger(LastNote.class);

  private final JdbcTemplate jdbc;

  LastNote(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  @PreDestroy
  void write() {
    jdbc.update("INSERT INTO note VALUES (?, 0)", WRITER);
    jdbc.execute("CHECKPOINT");
    jdbc.update("INSERT INTO note VALUES (?, 1)", WRITER);
    log.info("LAST NOTE TAKEN");
  }
}
