package io.haduck.s3;

import static io.haduck.s3.ScriptedServer.error;
import static io.haduck.s3.ScriptedServer.ok;
import static io.haduck.s3.ScriptedServer.saying;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.PutResult.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which checksum goes along with an object. */
class BodyChecksumTest {
  private static final ObjectBody BODY =
      ObjectBody.of(
          "1234".getBytes(StandardCharsets.US_ASCII), "56789".getBytes(StandardCharsets.US_ASCII));

  /** Of those nine digits: the check value of CRC-32C. */
  private static final String CRC32C = "4waSgw==";

  private static final String MD5 = "JfnnlDI7RTiF9RgfG2JNCw==";

  private static final String DEMAND = "InvalidRequest";

  private static ScriptedServer.Answer demand() {
    return saying(
        400,
        DEMAND,
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object"
            + " Lock parameters");
  }

  @Test
  void checksum_isSentOnceTheStoreAsksForOne_andFromThenOn() throws IOException {
    try (var server = new ScriptedServer(demand(), ok(200, "", "ETag", "\"1\""));
        var store = server.openStore(Map.of())) {
      assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.DONE);
      assertThat(store.putIfAbsent("log/2", BODY).outcome()).isEqualTo(Outcome.DONE);
      var requests = server.requests();
      assertThat(requests).hasSize(3);
      assertThat(requests.get(0).header("X-amz-checksum-crc32c")).isEmpty();
      for (int i = 1; i < 3; i++) {
        assertThat(requests.get(i).header("X-amz-checksum-crc32c")).isEqualTo(CRC32C);
        assertThat(requests.get(i).header("If-none-match")).isEqualTo("*");
        assertThat(requests.get(i).header("Content-encoding")).doesNotContain("aws-chunked");
        assertThat(requests.get(i).header("Content-length")).isEqualTo("9");
      }
    }
  }

  @Test
  void olderStore_thatWantsMd5_getsIt() throws IOException {
    try (var server = new ScriptedServer(demand(), demand(), ok(200, "", "ETag", "\"1\""));
        var store = server.openStore(Map.of())) {
      assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.DONE);
      var last = server.requests().get(2);
      assertThat(last.header("Content-md5")).isEqualTo(MD5);
      assertThat(last.header("X-amz-checksum-crc32c")).isEmpty();
    }
  }

  @Test
  void store_thatIsNeverContent_isRefused() throws IOException {
    try (var server = new ScriptedServer(demand());
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.putIfAbsent("log/1", BODY))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("Content-MD5");
      assertThat(server.requests()).hasSize(3);
    }
  }

  @Test
  void whenSupported_isSentAtOnce() throws IOException {
    try (var server = new ScriptedServer(ok(200, "", "ETag", "\"1\""));
        var store = server.openStore(Map.of("s3.checksums", "WHEN_SUPPORTED"))) {
      store.put("log/1", BODY);
      assertThat(server.requests().get(0).header("X-amz-checksum-crc32c")).isEqualTo(CRC32C);
    }
  }

  @Test
  void another400_isNotRepeated() throws IOException {
    try (var server = new ScriptedServer(error(400, DEMAND));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.putIfAbsent("log/1", BODY))
          .isInstanceOf(StoreAccessException.class);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void setting_thatIsNone_isRefused() {
    assertThatThrownBy(() -> S3Settings.of(Map.of("s3.checksums", "always")))
        .isInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("when_required or when_supported");
  }
}
