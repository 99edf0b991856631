package io.haduck.s3;

import io.haduck.core.HaduckException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.UnavailableException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;

/** Translates the SDK's exceptions: what failed, where, why, and what to do about it. */
final class S3Failure {
  private static final Set<String> TRY_AGAIN_CODES =
      Set.of(
          "RequestTimeout",
          "RequestTimeoutException",
          "SlowDown",
          "BadDigest",
          "IncompleteBody",
          "InternalError",
          "ServiceUnavailable",
          "Throttling",
          "ThrottlingException",
          "TooManyRequests",
          "ConditionalRequestConflict",
          "OperationAborted");

  private static final Set<String> NO_BATCH_DELETE_CODES =
      Set.of(
          "NotImplemented",
          "MethodNotAllowed",
          "MissingContentMD5",
          "InvalidRequest",
          "InvalidDigest",
          "MalformedXML");

  /** What the SDK says of a call that it gave up. */
  private static final Pattern LIMIT = Pattern.compile("(\\d+) millis");

  private final String place;
  private final InstantSource clock;

  /**
   * @param place where requests go, for messages
   * @param clock this machine's, for messages
   */
  S3Failure(String place, InstantSource clock) {
    this.place = place;
    this.clock = clock;
  }

  /** The error for {@code failure}, which happened while {@code doing} (writing this or that). */
  HaduckException of(String doing, SdkException failure) {
    return failure instanceof AwsServiceException answer
        ? ofAnswer(doing, answer)
        : ofNoAnswer(doing, failure);
  }

  private HaduckException ofAnswer(String doing, AwsServiceException failure) {
    int status = failure.statusCode();
    String code = S3Answer.code(failure);
    String message =
        describe(doing, status, code, S3Answer.text(failure))
            + (failure.requestId() == null ? "" : " (request id " + failure.requestId() + ")");
    if (code.equals("XMinioStorageFull") || status == 507) {
      return new UnavailableException(message + ". The store is full: make room", failure);
    }
    if ((status >= 500 && status != 501)
        || status == 408
        || status == 409
        || status == 429
        || TRY_AGAIN_CODES.contains(code)) {
      return new UnavailableException(message, failure);
    }
    return new StoreAccessException(message + ". " + hint(status, code, failure), failure);
  }

  /** One key that a batch could not delete. */
  HaduckException ofKey(String doing, @Nullable String code, @Nullable String text) {
    String message = describe(doing, 0, code == null ? "" : code, text == null ? "" : text);
    return code != null && TRY_AGAIN_CODES.contains(code)
        ? new UnavailableException(message)
        : new StoreAccessException(message + ". " + hint(0, code == null ? "" : code, null));
  }

  private String describe(String doing, int status, String code, String text) {
    return doing
        + " (at "
        + place
        + ") failed:"
        + (status == 0 ? "" : " " + status)
        + (code.isEmpty() ? "" : " " + code)
        + (text.isEmpty() || text.equals(code) ? "" : ": " + text);
  }

  private String hint(int status, String code, @Nullable AwsServiceException failure) {
    return switch (code) {
      case "NoSuchBucket" ->
          "Create the bucket, or correct the replica's location or haduck.s3.endpoint; haduck creates"
              + " none";
      case "InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthFailure" ->
          "Correct haduck.s3.access_key and haduck.s3.secret_key (or what the AWS default chain finds);"
              + " if they are right, "
              + (place.equals(S3Settings.AWS)
                  ? "they may be those of another service, whose address haduck.s3.endpoint then needs:"
                      + " this was asked of AWS itself"
                  : "haduck.s3.region may be wrong or a proxy alters requests");
      case "ExpiredToken", "TokenRefreshRequired", "InvalidToken" ->
          "The temporary credentials have expired or are wrong: renew haduck.s3.session_token and its keys,"
              + " or leave them out so that the AWS default chain renews them by itself";
      case "RequestTimeTooSkewed" -> clockSkew(failure);
      case "PermanentRedirect",
          "TemporaryRedirect",
          "Redirect",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException" ->
          wrongRegion(failure);
      case "InvalidBucketName" -> "Correct the bucket's name in the replica's location";
      case "InvalidObjectState" ->
          "The object was moved to an archive: restore it there, and remove the lifecycle rule that"
              + " moved it";
      case "NotImplemented" ->
          "The store does not know this operation or one of its conditions; haduck needs conditional"
              + " writes (If-None-Match and If-Match)";
      case "AccessDenied", "AllAccessDisabled", "AccountProblem" -> denied();
      default -> {
        if (code.startsWith("KMS.")) {
          yield "Correct haduck.s3.sse_kms_key_id, or grant the use of that key";
        }
        yield switch (status) {
          case 301, 307, 308 -> wrongRegion(failure);
          case 401, 403 -> denied();
          case 405, 501 ->
              "Is haduck.s3.endpoint an S3 service, and haduck.s3.path_style right for it?";
          default -> "Check bucket, haduck.s3.endpoint, haduck.s3.region and haduck.s3.path_style";
        };
      }
    };
  }

  private String clockSkew(@Nullable AwsServiceException failure) {
    Instant here = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Optional<String> date = S3Answer.header(failure, "Date");
    Instant there;
    try {
      there = DateTimeFormatter.RFC_1123_DATE_TIME.parse(date.orElse(""), Instant::from);
    } catch (DateTimeException e) {
      return "The clocks differ too much: this machine says " + here + "; set the clock";
    }
    Duration ahead = Duration.between(there, here);
    return "The clocks differ too much: this machine says "
        + here
        + ", the store "
        + there
        + "; this machine is "
        + ahead.abs().toSeconds()
        + " s "
        + (ahead.isNegative() ? "behind" : "ahead")
        + ". Set its clock, or the store's";
  }

  private static String denied() {
    return "The credentials lack a permission: haduck needs s3:GetObject, s3:PutObject and"
        + " s3:DeleteObject on the replica's keys and s3:ListBucket on the bucket (without which"
        + " missing objects read as forbidden too)";
  }

  private static String wrongRegion(@Nullable AwsServiceException failure) {
    return "The bucket is in another region or at another endpoint: set haduck.s3.region to "
        + S3Answer.header(failure, "x-amz-bucket-region").orElse("the bucket's")
        + ", or correct haduck.s3.endpoint";
  }

  private HaduckException ofNoAnswer(String doing, SdkException failure) {
    String message = doing + " (at " + place + ") failed: ";
    String text = text(failure);
    String module = MissingSdkModule.cure(failure);
    if (module != null) {
      return new StoreAccessException(message + module, failure);
    }
    if (text.startsWith("Unable to load credentials")) {
      return new StoreAccessException(
          message
              + "no credentials: set haduck.s3.access_key and haduck.s3.secret_key, or provide what the"
              + " AWS default credential chain looks for. It said: "
              + text,
          failure);
    }
    Throwable root = root(failure);
    if (root instanceof SSLHandshakeException || root instanceof SSLPeerUnverifiedException) {
      return new StoreAccessException(
          message
              + root
              + ". The endpoint's certificate is not trusted, or it does not speak TLS: check"
              + " haduck.s3.endpoint and the JVM's trust store"
              + (lacksEllipticCurves()
                  ? "; or it wants elliptic curves, and this runtime was made (jlink) without jdk.crypto.ec"
                  : ""),
          failure);
    }
    if (root instanceof UnknownHostException) {
      return new UnavailableException(
          message + "no such host " + root.getMessage() + "; check haduck.s3.endpoint and DNS",
          failure);
    }
    if (root instanceof SSLException) {
      return new UnavailableException(
          message + root + "; does haduck.s3.endpoint speak TLS (https) at all?", failure);
    }
    String reason = root instanceof IOException ? text + " (" + root + ")" : text;
    return new UnavailableException(message + reason, failure);
  }

  private static String text(SdkException failure) {
    String text = String.valueOf(failure.getMessage());
    if (failure instanceof ApiCallTimeoutException
        || failure instanceof ApiCallAttemptTimeoutException) {
      Matcher limit = LIMIT.matcher(text);
      return "no answer within " + (limit.find() ? limit.group(1) + " ms" : "the time for it");
    }
    return text;
  }

  /** They are in java.base since JDK 22. */
  private static boolean lacksEllipticCurves() {
    return Runtime.version().feature() < 22
        && ModuleLayer.boot().findModule("jdk.crypto.ec").isEmpty();
  }

  private static Throwable root(Throwable failure) {
    Throwable at = failure;
    for (int depth = 0; at.getCause() != null && depth < 20; depth++) {
      at = at.getCause();
      if (at instanceof SSLException || at instanceof UnknownHostException) {
        return at;
      }
    }
    return at;
  }

  /** Whether the store does not know how to delete several keys at once, as haduck asks it to. */
  static boolean meansNoBatchDelete(AwsServiceException failure) {
    int status = failure.statusCode();
    return status == 405
        || status == 411
        || status == 501
        || NO_BATCH_DELETE_CODES.contains(S3Answer.code(failure));
  }
}
