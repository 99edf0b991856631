package io.haduck.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("compat")
class QuickstartTest {
  @Test
  void main_afterLosingTheDisk_hasEveryRow() throws Exception {
    PrintStream console = System.out;
    var transcript = new ByteArrayOutputStream();
    System.setOut(new PrintStream(transcript, true, StandardCharsets.UTF_8));
    try {
      Quickstart.main(new String[0]);
    } finally {
      System.setOut(console);
    }

    assertThat(transcript.toString(StandardCharsets.UTF_8))
        .contains("deleted shop.duckdb, shop.duckdb.haduck")
        .contains("orders now     1,001,000, revenue")
        .contains("proven");
  }
}
