package io.haduck.s3;

import static io.haduck.s3.ScriptedServer.error;
import static io.haduck.s3.ScriptedServer.hangUp;
import static io.haduck.s3.ScriptedServer.ok;
import static io.haduck.s3.ScriptedServer.truncated;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.StoredObject;
import io.haduck.s3.ScriptedServer.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.http.SdkHttpResponse;

/** What {@link S3ObjectStore} makes of each answer. */
class S3AnswersTest {
  private static final ObjectBody BODY = ObjectBody.of("x".getBytes(StandardCharsets.UTF_8));

  private static PutResult putIfAbsent(Answer... answers) throws IOException {
    try (var server = new ScriptedServer(answers);
        var store = server.openStore(Map.of())) {
      return store.putIfAbsent("log/1", BODY);
    }
  }

  private static PutResult putIfMatch(Answer... answers) throws IOException {
    try (var server = new ScriptedServer(answers);
        var store = server.openStore(Map.of())) {
      return store.putIfMatch("lease", BODY, "\"1\"");
    }
  }

  @Test
  void putIfAbsent_sendsItsConditionAndTakesEtagAndTimeFromTheAnswer() throws IOException {
    try (var server = new ScriptedServer(ok(200, "", "ETag", "\"abc\""));
        var store = server.openStore(Map.of())) {
      Instant before = Instant.now().minusSeconds(1);
      PutResult result = store.putIfAbsent("log/1", BODY);

      assertThat(result.outcome()).isEqualTo(Outcome.DONE);
      assertThat(result.etag()).isEqualTo("\"abc\"");
      assertThat(result.storeTime()).isBetween(before, Instant.now());
      var request = server.requests().get(0);
      assertThat(request.path()).isEqualTo("/bucket/prefix/db/log/1");
      assertThat(request.header("If-none-match")).isEqualTo("*");
      assertThat(request.header("Content-length")).isEqualTo("1");
      assertThat(request.header("Content-encoding")).doesNotContain("aws-chunked");
      assertThat(request.headers().keySet())
          .noneMatch(name -> name.toLowerCase(Locale.ROOT).contains("checksum"));
    }
  }

  @Test
  void serverSideEncryption_isPassedThroughOnEveryWrite() throws IOException {
    try (var server = new ScriptedServer(ok(200, "", "ETag", "\"abc\""));
        var store = server.openStore(Map.of("s3.sse", "aws:kms", "s3.sse_kms_key_id", "key-1"))) {
      store.put("a", BODY);
      store.putIfAbsent("a", BODY);
      store.putIfMatch("a", BODY, "\"1\"");

      assertThat(server.requests())
          .hasSize(3)
          .allSatisfy(
              request -> {
                assertThat(request.header("X-amz-server-side-encryption")).isEqualTo("aws:kms");
                assertThat(request.header("X-amz-server-side-encryption-aws-kms-key-id"))
                    .isEqualTo("key-1");
              });
    }
  }

  @Test
  void conditionsRefused_areTheirOutcomes() throws IOException {
    assertThat(putIfAbsent(error(412, "PreconditionFailed")).outcome()).isEqualTo(Outcome.EXISTS);
    assertThat(putIfMatch(error(412, "PreconditionFailed")).outcome()).isEqualTo(Outcome.MISMATCH);
    assertThat(putIfMatch(error(404, "NoSuchKey")).outcome()).isEqualTo(Outcome.MISSING);
    assertThat(putIfAbsent(error(412, "PreconditionFailed")).storeTime()).isNotNull();
  }

  @Test
  void conflict_isUnknown() throws IOException {
    PutResult result = putIfAbsent(error(409, "ConditionalRequestConflict"));

    assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(result.cause())
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("409 ConditionalRequestConflict");
  }

  @ParameterizedTest
  @CsvSource({"500,InternalError", "503,SlowDown", "429,TooManyRequests", "400,RequestTimeout"})
  void serverErrors_afterRetries_areUnknown(int status, String code) throws IOException {
    PutResult result = putIfAbsent(error(status, code));

    assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(result.cause())
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("writing s3://bucket/prefix/db/log/1 (at 127.0.0.1:")
        .hasMessageContaining(status + " " + code + ": said the server");
  }

  @Test
  void serverError_once_isTriedAgain() throws IOException {
    try (var server =
            new ScriptedServer(error(500, "InternalError"), ok(200, "", "ETag", "\"abc\""));
        var store = server.openStore(Map.of())) {
      assertThat(store.put("a", BODY).outcome()).isEqualTo(Outcome.DONE);
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  void brokenConnections_areUnknown() throws IOException {
    PutResult result = putIfAbsent(hangUp());

    assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(result.cause()).isInstanceOf(UnavailableException.class);
  }

  /** The first attempt may have been carried out, whatever is said about the second. */
  @Test
  void refusal_afterALostAttempt_isUnknown() throws IOException {
    PutResult result = putIfAbsent(hangUp(), error(403, "AccessDenied"));

    assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(result.cause()).isInstanceOf(StoreAccessException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "403,AccessDenied,s3:PutObject",
    "404,NoSuchBucket,Create the bucket",
    "403,InvalidAccessKeyId,haduck.s3.access_key",
    "403,SignatureDoesNotMatch,haduck.s3.secret_key",
    "400,ExpiredToken,haduck.s3.session_token",
    "400,InvalidRegionOrSo,haduck.s3.region",
    "501,NotImplemented,conditional writes",
    "400,KMS.NotFoundException,haduck.s3.sse_kms_key_id",
    "405,,Is haduck.s3.endpoint an S3 service"
  })
  void refusals_areThrownWithWhatToDo(int status, String code, String hint) {
    assertThatThrownBy(() -> putIfAbsent(error(status, code == null ? "" : code)))
        .isInstanceOf(StoreAccessException.class)
        .hasMessageContaining("s3://bucket/prefix/db/log/1")
        .hasMessageContaining(String.valueOf(status))
        .hasMessageContaining("REQ-1")
        .hasMessageContaining(hint)
        .hasMessageNotContaining("very-secret");
  }

  @Test
  void redirect_namesTheRegion() {
    assertThatThrownBy(
            () ->
                putIfAbsent(error(301, "PermanentRedirect", "x-amz-bucket-region", "eu-central-1")))
        .isInstanceOf(StoreAccessException.class)
        .hasMessageContaining("set haduck.s3.region to eu-central-1");
  }

  @Test
  void clockSkew_namesBothClocks_andTheDifference() throws IOException {
    try (var server = new ScriptedServer(error(403, "RequestTimeTooSkewed"));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("this machine says ")
          .hasMessageMatching("(?s).*this machine is [0-3] s (ahead|behind)\\. Set its clock.*");
    }
  }

  @Test
  void clockSkew_withoutADate_isSaidAllTheSame() {
    var failure = new S3Failure("AWS", () -> Instant.parse("2026-01-01T00:20:00Z"));
    assertThat(failure.ofKey("deleting a", "RequestTimeTooSkewed", "too far").getMessage())
        .contains("this machine says 2026-01-01T00:20:00Z; set the clock");
  }

  @Test
  void archivedObject_isNamedWithWhatToDo() throws IOException {
    try (var server = new ScriptedServer(error(403, "InvalidObjectState"));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.getRange("segment/1", 0, 10))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("s3://bucket/prefix/db/segment/1")
          .hasMessageContaining("moved to an archive")
          .hasMessageContaining("lifecycle rule");
    }
  }

  @Test
  void refusals_ofEachKind_nameTheirPermission() throws IOException {
    try (var server = new ScriptedServer(error(403, "AccessDenied"));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.list("log/", ""))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("listing s3://bucket/prefix/db")
          .hasMessageContaining("s3:ListBucket");
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("reading s3://bucket/prefix/db/log/1")
          .hasMessageContaining("s3:GetObject");
      assertThatThrownBy(() -> store.put("log/1", BODY))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("writing s3://bucket/prefix/db/log/1")
          .hasMessageContaining("s3:PutObject");
    }
  }

  @Test
  void fullStore_isUnavailable() throws IOException {
    assertThat(putIfAbsent(error(507, "XMinioStorageFull")).cause())
        .isInstanceOf(UnavailableException.class)
        .hasMessageContaining("make room");
  }

  @Test
  void answerWithoutEtag_isUnknown() throws IOException {
    assertThat(putIfAbsent(ok(200, "<html>log in to the hotel's network</html>")).outcome())
        .isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void get_ofMissingKeyAndOfMissingBucket_differ() throws IOException {
    try (var server = new ScriptedServer(error(404, "NoSuchKey"), error(404, "NoSuchBucket"));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(MissingObjectException.class)
          .hasMessage("there is no s3://bucket/prefix/db/log/1");
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("NoSuchBucket");
    }
  }

  @Test
  void get_cutShort_isNoticed() throws IOException {
    try (var server = new ScriptedServer(truncated("01234", 10, "ETag", "\"1\""));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.read("log/1", 100))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("s3://bucket/prefix/db/log/1");
    }
  }

  @Test
  void getRange_ofServerThatIgnoresRanges_isRefused() throws IOException {
    try (var server = new ScriptedServer(ok(200, "0123456789", "ETag", "\"1\""));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.getRange("a", 3, 2))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("ignores ranges");
      assertThatThrownBy(() -> store.getRange("a", 0, 2))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("ignores ranges");
      try (StoredObject whole = store.getRange("a", 0, 20)) {
        assertThat(whole.readAll()).hasSize(10);
      }
    }
  }

  @Test
  void get_withoutLengthOrEtag_isRefused() throws IOException {
    try (var server = new ScriptedServer(ok(200, "01234"));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.get("log/1"))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("tells no ETag");
    }
  }

  @Test
  void reads_areNoLaterThanTheirRequest() throws IOException {
    String listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    try (var server = new ScriptedServer(ok(200, listing, "Content-Type", "application/xml"));
        var store = server.openStore(Map.of())) {
      Instant before = Instant.now();
      Listing page = store.list("log/", "");

      assertThat(page.storeTime()).isBeforeOrEqualTo(before);
    }
  }

  @Test
  void deleteAll_whereBatchesAreNotKnown_deletesOneByOne() throws IOException {
    try (var server = new ScriptedServer(error(501, "NotImplemented"), ok(204, ""));
        var store = server.openStore(Map.of())) {
      store.deleteAll(List.of("log/1", "log/2"));
      store.deleteAll(List.of("log/3"));

      assertThat(server.requests())
          .extracting(request -> request.method() + " " + request.path())
          .containsExactly(
              "POST /bucket?delete",
              "DELETE /bucket/prefix/db/log/1",
              "DELETE /bucket/prefix/db/log/2",
              "DELETE /bucket/prefix/db/log/3");
    }
  }

  @Test
  void deleteAll_ofWhichOneIsRefused_namesIt() throws IOException {
    String result =
        "<DeleteResult><Error><Key>prefix/db/log/2</Key><Code>AccessDenied</Code>"
            + "<Message>no</Message></Error></DeleteResult>";
    try (var server = new ScriptedServer(ok(200, result, "Content-Type", "application/xml"));
        var store = server.openStore(Map.of())) {
      assertThatThrownBy(() -> store.deleteAll(List.of("log/1", "log/2")))
          .isInstanceOf(StoreAccessException.class)
          .hasMessageContaining("s3://bucket/prefix/db/log/2")
          .hasMessageContaining("s3:DeleteObject");
    }
  }

  @Test
  void storeClock_withoutDate_saysSo() {
    assertThatThrownBy(() -> StoreClock.of(SdkHttpResponse.builder().statusCode(200).build()))
        .isInstanceOf(StoreAccessException.class)
        .hasMessageContaining("no Date header");
    assertThat(
            StoreClock.of(
                SdkHttpResponse.builder()
                    .statusCode(200)
                    .putHeader("date", "Sun, 06 Nov 1994 08:49:37 GMT")
                    .build()))
        .isEqualTo(Instant.parse("1994-11-06T08:49:37Z"));
  }
}
