package io.haduck.s3;

import static io.haduck.s3.ScriptedServer.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.StoreAccessException;
import io.haduck.core.store.Listing;
import io.haduck.s3.ScriptedServer.Answer;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What {@link ObjectListings} asks a store, and what it makes of each answer. */
class S3ListingsTest {
  private static final String MODIFIED = "<LastModified>2026-11-30T12:00:00.000Z</LastModified>";
  private static final String SIZE = "<Size>1</Size>";

  private static String object(String key) {
    return "<Contents><Key>" + key + "</Key>" + SIZE + MODIFIED + "</Contents>";
  }

  private static Answer listing(boolean truncated, String... content) {
    return ok(
        200,
        "<ListBucketResult><IsTruncated>"
            + truncated
            + "</IsTruncated>"
            + String.join("", content)
            + "</ListBucketResult>",
        "Content-Type",
        "application/xml");
  }

  private static String token(String token) {
    return "<NextContinuationToken>" + token + "</NextContinuationToken>";
  }

  /** The parameters of each request. */
  private static List<List<String>> asked(ScriptedServer server) {
    return server.requests().stream()
        .map(request -> request.path().substring(request.path().indexOf('?') + 1))
        .map(
            query ->
                Arrays.stream(query.split("&"))
                    .map(each -> URLDecoder.decode(each, StandardCharsets.UTF_8))
                    .toList())
        .toList();
  }

  @Test
  void list_outOfOrder_isRefused() throws IOException {
    try (var server =
            new ScriptedServer(
                listing(false, object("prefix/db/log/2"), object("prefix/db/log/1")));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.list("log/", ""))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("log/1 does not sort after");
    }
  }

  @Test
  void list_ofDirectoryMarker_doesNotShowIt() throws IOException {
    try (var server =
            new ScriptedServer(listing(false, object("prefix/db/"), object("prefix/db/log/1")));
        var store = server.openStore(Map.of())) {
      assertThat(store.list("", "").objects())
          .containsExactly(new Listing.Entry("log/1", 1, Instant.parse("2026-11-30T12:00:00Z")));
    }
  }

  @Test
  void list_asksForAsManyAsTheLimitSays_atLeastTwo_behindTheDirectoryMarker() throws IOException {
    try (var server = new ScriptedServer(listing(false, object("prefix/db/log/1")));
        var store = server.openStore(Map.of())) {
      store.list("", "", 1);
      store.list("", "");
      store.list("log/", "log/0", 7);

      assertThat(asked(server).get(0))
          .contains("max-keys=2", "prefix=prefix/db/", "start-after=prefix/db/");
      assertThat(asked(server).get(1)).contains("max-keys=1000");
      assertThat(asked(server).get(2))
          .contains("max-keys=7", "prefix=prefix/db/log/", "start-after=prefix/db/log/0");
    }
  }

  @Test
  void list_fromBeforeThePrefix_beginsAtTheBeginning() throws IOException {
    try (var server = new ScriptedServer(listing(false, object("prefix/db/log/1")));
        var store = server.openStore(Map.of())) {
      for (String after : List.of("", "a", "lease", "log")) {
        assertThat(store.list("log/", after, 1).objects()).hasSize(1);
      }

      // Some stores answer with nothing at all where the two differ.
      assertThat(asked(server))
          .hasSize(4)
          .allSatisfy(query -> assertThat(String.join("&", query)).doesNotContain("start-after"));
    }
  }

  @Test
  void list_ofAnEmptyPartThatGoesOn_asksForTheNext() throws IOException {
    try (var server =
            new ScriptedServer(
                listing(true, token("one")),
                listing(true, token("two")),
                listing(true, token("three"), object("prefix/db/log/1")));
        var store = server.openStore(Map.of())) {
      Listing page = store.list("log/", "log/0", 1);

      assertThat(page.objects()).extracting(Listing.Entry::key).containsExactly("log/1");
      assertThat(page.truncated()).isTrue();
      assertThat(asked(server)).hasSize(3);
      assertThat(asked(server).get(0)).contains("start-after=prefix/db/log/0");
      assertThat(asked(server).get(1)).contains("continuation-token=one", "max-keys=2");
      assertThat(asked(server).get(2)).contains("continuation-token=two");
      assertThat(String.join("&", asked(server).get(2))).doesNotContain("start-after");
    }
  }

  @Test
  void list_ofAnEmptyPartThatGoesNowhere_isRefused() throws IOException {
    for (String next : List.of("", token("same"))) {
      try (var server = new ScriptedServer(listing(true, next));
          var store = server.openStore(Map.of())) {
        assertThatThrownBy(() -> store.list("log/", "", 1))
            .isInstanceOf(StoreAccessException.class)
            .hasMessageContaining("listing s3://bucket/prefix/db (keys log/…)")
            .hasMessageContaining("there is more");
      }
    }
  }

  @Test
  void list_withoutTimesOrSizes_isRefused() throws IOException {
    String key = "<Contents><Key>prefix/db/log/1</Key>";
    try (var server =
            new ScriptedServer(
                listing(false, key + SIZE + "</Contents>"),
                listing(false, key + MODIFIED + "</Contents>"));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.list("log/", "", 1))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("no LastModified of prefix/db/log/1");
      assertThatThrownBy(() -> store.list("log/", "", 1))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("no Size of prefix/db/log/1");
    }
  }

  @Test
  void list_ofMoreThanWasAskedFor_isCutOff() throws IOException {
    try (var server =
            new ScriptedServer(
                listing(false, object("prefix/db/log/1"), object("prefix/db/log/2")));
        var store = server.openStore(Map.of())) {
      Listing both = store.list("log/", "", 2);
      Listing one = store.list("log/", "", 1);

      assertThat(both.objects()).extracting(Listing.Entry::key).containsExactly("log/1", "log/2");
      assertThat(both.truncated()).isFalse();
      assertThat(one.objects()).extracting(Listing.Entry::key).containsExactly("log/1");
      assertThat(one.truncated()).isTrue();
    }
  }
}
