package io.haduck.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.ObjectStoreProvider;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.testing.EmbeddedS3;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user who has set something wrong is told, by a real server or by none. */
class S3ReachabilityTest {
  private static final ObjectBody BODY = ObjectBody.of(new byte[] {1});
  private static EmbeddedS3 server;

  @BeforeAll
  static void startServer() {
    server = EmbeddedS3.inMemory();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  private static ObjectStore open(String bucket, Map<String, String> more) {
    var settings = new HashMap<>(server.settings());
    settings.putAll(more);
    return ObjectStoreProvider.openStore(
        ReplicaLocation.parse("s3://" + bucket + "/backup").resolve("db"), settings);
  }

  @Test
  void rightSettings_work() {
    try (ObjectStore store = open(EmbeddedS3.BUCKET, Map.of())) {
      assertThat(store.putIfAbsent("log/1", BODY).outcome()).isEqualTo(Outcome.DONE);
      assertThat(store).hasToString("s3://haduck-test/backup/db");
    }
  }

  @Test
  void wrongBucket_isNamedWithWhatToDo() {
    try (ObjectStore store = open("no-such-bucket", Map.of())) {
      assertThatThrownBy(() -> store.putIfAbsent("log/1", BODY))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("s3://no-such-bucket/backup/db/log/1")
          .hasMessageContaining("NoSuchBucket")
          .hasMessageContaining("Create the bucket");
      assertThatThrownBy(() -> store.get("log/1")).isInstanceOf(StoreAccessException.class);
      assertThatThrownBy(() -> store.list("log/", ""))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("NoSuchBucket");
    }
  }

  @Test
  void wrongSecret_isSaidWithoutShowingIt() {
    try (ObjectStore store =
        open(EmbeddedS3.BUCKET, Map.of("s3.secret_key", "not-the-secret-it-should-be"))) {
      assertThatThrownBy(() -> store.putIfAbsent("log/1", BODY))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("SignatureDoesNotMatch")
          .hasMessageContaining("s3.secret_key")
          .hasMessageNotContaining("not-the-secret-it-should-be");
    }
  }

  @Test
  void wrongAccessKey_isSaid() {
    try (ObjectStore store = open(EmbeddedS3.BUCKET, Map.of("s3.access_key", "nobody"))) {
      assertThatThrownBy(() -> store.list("log/", ""))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("InvalidAccessKeyId");
    }
  }

  @Test
  void refusedConnection_isUnavailableAndNamesTheEndpoint() throws IOException {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (ObjectStore store =
        open(EmbeddedS3.BUCKET, Map.of("s3.endpoint", "http://127.0.0.1:" + port))) {
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("127.0.0.1:" + port)
          .hasMessageContaining("Connection refused");
      PutResult result = store.putIfAbsent("log/1", BODY);
      assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(result.cause())
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("Connection refused");
    }
  }

  /** It takes connections, and nothing ever reads from them. */
  @Test
  @Timeout(60)
  void silentServer_isGivenUpWithinTheLimit() throws IOException {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        ObjectStore patient =
            open(
                EmbeddedS3.BUCKET,
                Map.of("s3.endpoint", "http://127.0.0.1:" + silent.getLocalPort()))) {
      ObjectStore store = patient.within(Duration.ofMillis(200));
      List<Consumer<ObjectStore>> calls =
          List.of(
              on -> on.get("log/1"),
              on -> on.getRange("log/1", 1, 2),
              on -> on.list("log/", ""),
              on -> on.deleteAll(List.of("log/1")));
      for (Consumer<ObjectStore> call : calls) {
        assertThatThrownBy(() -> call.accept(store))
            .isInstanceOf(UnavailableException.class)
            .hasMessageContaining("127.0.0.1:" + silent.getLocalPort())
            .hasMessageContaining("no answer within 200 ms");
      }
      PutResult result = store.putIfAbsent("log/1", BODY);
      assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(result.cause())
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no answer within 200 ms");
      assertThat(store.namesBeside("log/", 3)).isEmpty();
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }

  @Test
  @Timeout(60)
  void closing_endsWhatIsNotAnswered() throws Exception {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      ObjectStore store =
          open(
              EmbeddedS3.BUCKET,
              Map.of("s3.endpoint", "http://127.0.0.1:" + silent.getLocalPort()));
      var write = new FutureTask<>(() -> store.putIfAbsent("log/1", BODY));
      var read = new FutureTask<>(() -> store.list("log/", ""));
      List.of(write, read).forEach(call -> new Thread(call).start());
      for (int i = 0; i < 2; i++) {
        silent.accept().getInputStream().read(); // the request is under way
      }
      store.within(Duration.ofSeconds(3)).close();
      assertThat(write.get().outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThatThrownBy(read::get).hasCauseInstanceOf(UnavailableException.class);
    }
  }

  @Test
  void unknownHost_isNamed() {
    try (ObjectStore store =
        open(EmbeddedS3.BUCKET, Map.of("s3.endpoint", "http://no-such-host.invalid:9000"))) {
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("no such host no-such-host.invalid");
    }
  }

  @Test
  void tlsToAPlainServer_isSaid() {
    try (ObjectStore store =
        open(EmbeddedS3.BUCKET, Map.of("s3.endpoint", "https://127.0.0.1:" + server.port()))) {
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOfAny(UnavailableException.class, StoreAccessException.class)
          .hasMessageContaining("TLS");
    }
  }
}
