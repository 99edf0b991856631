package io.haduck.s3;

import io.haduck.core.HaduckException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.UnavailableException;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ObjectBody;
import io.haduck.core.store.ObjectStore;
import io.haduck.core.store.PutResult;
import io.haduck.core.store.PutResult.Outcome;
import io.haduck.core.store.ReplicaLocation;
import io.haduck.core.store.StoredObject;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/**
 * Objects in a bucket of S3 or of what speaks its protocol.
 *
 * <p>Conditions are {@code If-None-Match: *} and {@code If-Match}. Store time is the {@code Date}
 * header; for reads less the time that the request took, so that it is never later than the moment
 * at which the answer was true. The SDK tries each request three times with jittered backoff,
 * within the time that {@link CallTimes} gives it; after that, and on what trying again cannot
 * mend, {@link S3Failure} says what is wrong.
 *
 * <p>Safe for any number of threads. An interruption ends a request that is under way: a write is
 * then {@code UNKNOWN}; the flag stays set.
 */
final class S3ObjectStore implements ObjectStore {
  /** What S3 calls an object's version while a bucket's versioning is suspended. */
  private static final String VERSION_WITHOUT_VERSIONING = "null";

  private static final int RANGE_ATTEMPTS = 5;

  private final S3Client client;
  private final ReplicaLocation location;
  private final S3Settings settings;
  private final Ticker ticker;
  private final S3Failure failures;
  private final String bucket;
  private final String scope;
  private final ObjectWrites writes;
  private final ObjectDeletes deletes;
  private final ObjectListings listings;
  private final AtomicBoolean closed;
  private final AtomicBoolean versioned;
  private final CallTimes times;

  S3ObjectStore(S3Client client, ReplicaLocation location, S3Settings settings, Ticker ticker) {
    this.client = client;
    this.location = location;
    this.settings = settings;
    this.ticker = ticker;
    this.failures = new S3Failure(settings.place(), InstantSource.system());
    this.bucket = location.bucket();
    this.writes = new ObjectWrites(client, bucket, settings.checksum());
    this.scope = location.path().isEmpty() ? "" : location.path() + "/";
    this.deletes = new ObjectDeletes(client, location, scope, failures);
    this.listings = new ObjectListings(client, location, scope, failures, ticker);
    this.closed = new AtomicBoolean();
    this.versioned = new AtomicBoolean();
    this.times = CallTimes.USUAL;
  }

  /** The same store, with other times for its calls. */
  private S3ObjectStore(S3ObjectStore same, CallTimes times) {
    this.client = same.client;
    this.location = same.location;
    this.settings = same.settings;
    this.ticker = same.ticker;
    this.failures = same.failures;
    this.bucket = same.bucket;
    this.scope = same.scope;
    this.writes = same.writes;
    this.deletes = same.deletes;
    this.listings = same.listings;
    this.closed = same.closed;
    this.versioned = same.versioned;
    this.times = times;
  }

  @Override
  public ObjectStore within(Duration longest) {
    return new S3ObjectStore(this, times.within(longest));
  }

  @Override
  public PutResult put(String key, ObjectBody body) {
    return write(key, body, request -> {}, Outcome.UNKNOWN);
  }

  @Override
  public PutResult putIfAbsent(String key, ObjectBody body) {
    return write(key, body, request -> request.ifNoneMatch("*"), Outcome.EXISTS);
  }

  @Override
  public PutResult putIfMatch(String key, ObjectBody body, String etag) {
    return write(key, body, request -> request.ifMatch(etag), Outcome.MISMATCH);
  }

  /**
   * @param refusal what 412 means
   */
  private PutResult write(
      String key, ObjectBody body, Consumer<PutObjectRequest.Builder> condition, Outcome refusal) {
    try {
      PutObjectResponse response =
          answer(() -> writes.send(() -> request(key, body, condition), body));
      String version = response.versionId();
      versioned.set(version != null && !version.equals(VERSION_WITHOUT_VERSIONING));
      String etag = response.eTag();
      if (etag == null) {
        return PutResult.unknown(
            new UnavailableException(
                "writing " + name(key) + ": the answer has no ETag; is it from an S3 service?"));
      }
      return PutResult.done(etag, StoreClock.of(response.sdkHttpResponse()));
    } catch (AwsServiceException e) {
      String code = S3Answer.code(e);
      if (refusal != Outcome.UNKNOWN
          && (e.statusCode() == 412 || code.equals("PreconditionFailed"))) {
        return PutResult.refused(refusal, storeTime(e));
      }
      if (refusal == Outcome.MISMATCH && e.statusCode() == 404 && !code.equals("NoSuchBucket")) {
        return PutResult.refused(Outcome.MISSING, storeTime(e));
      }
      return failed(key, e);
    } catch (SdkException e) {
      return failed(key, e);
    } catch (StoreAccessException e) {
      return PutResult.unknown(e); // written, yet no Date header says when
    }
  }

  /** Makes a request; one under which the client is closed was not answered. */
  private <T> T answer(Supplier<T> request) {
    try {
      return request.get();
    } catch (SdkException e) {
      throw e;
    } catch (RuntimeException e) {
      if (closed.get()) {
        throw SdkClientException.create("the store was closed meanwhile", e);
      }
      throw e;
    }
  }

  private PutObjectRequest.Builder request(
      String key, ObjectBody body, Consumer<PutObjectRequest.Builder> condition) {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder()
            .bucket(bucket)
            .key(scope + key)
            .contentLength(body.length())
            .serverSideEncryption(settings.sse())
            .ssekmsKeyId(settings.sseKmsKeyId())
            .overrideConfiguration(times.carrying(body.length()));
    condition.accept(request);
    return request;
  }

  /** Throws if it is certain that nothing was written: one attempt, and that one refused. */
  private PutResult failed(String key, SdkException e) {
    HaduckException failure = failures.of("writing " + name(key), e);
    Integer attempts = e.numAttempts();
    if (failure instanceof StoreAccessException && (attempts == null || attempts <= 1)) {
      throw failure;
    }
    return PutResult.unknown(failure);
  }

  private static @Nullable Instant storeTime(AwsServiceException refusal) {
    SdkHttpResponse response =
        refusal.awsErrorDetails() == null ? null : refusal.awsErrorDetails().sdkHttpResponse();
    return response == null || response.firstMatchingHeader("Date").isEmpty()
        ? null
        : StoreClock.of(response);
  }

  @Override
  public StoredObject get(String key) {
    long started = ticker.nanos();
    return open(key, null, started);
  }

  @Override
  public StoredObject getRange(String key, long offset, long length) {
    if (offset < 0 || length <= 0) {
      throw new IllegalArgumentException("offset " + offset + ", length " + length);
    }
    boolean bounded = length <= Long.MAX_VALUE - offset;
    String range = "bytes=" + offset + "-" + (bounded ? String.valueOf(offset + length - 1) : "");
    for (int attempt = 0; attempt < RANGE_ATTEMPTS; attempt++) {
      long started = ticker.nanos();
      StoredObject object;
      try {
        object = open(key, range, started);
      } catch (RangeBeyondEndException e) {
        HeadObjectResponse head = head(key);
        if (required(head.contentLength(), "length", key) <= offset) {
          return new StoredObject(
              name(key),
              InputStream.nullInputStream(),
              0,
              required(head.eTag(), "ETag", key),
              readTime(head.sdkHttpResponse(), started));
        }
        continue; // replaced by a longer one in between
      }
      if (object.length() > length) {
        object.close();
        throw new StoreAccessException(
            "reading "
                + name(key)
                + ": asked for "
                + range
                + ", the store sent "
                + object.length()
                + " bytes; it, or a proxy in between, ignores ranges");
      }
      return object;
    }
    throw new UnavailableException("reading " + name(key) + ": it changes all the time");
  }

  private StoredObject open(String key, @Nullable String range, long started) {
    try {
      ResponseInputStream<GetObjectResponse> stream =
          answer(
              () ->
                  client.getObject(
                      request ->
                          request
                              .bucket(bucket)
                              .key(scope + key)
                              .range(range)
                              .overrideConfiguration(times.carrying(0))));
      GetObjectResponse response = stream.response();
      try {
        if (range != null && offset(response) != offset(range)) {
          throw new StoreAccessException(
              "reading "
                  + name(key)
                  + ": asked for "
                  + range
                  + ", the store sent "
                  + response.contentRange()
                  + "; it, or a proxy in between, ignores ranges");
        }
        long length = required(response.contentLength(), "length", key);
        return new StoredObject(
            name(key),
            new ObjectContent(stream, length),
            length,
            required(response.eTag(), "ETag", key),
            readTime(response.sdkHttpResponse(), started));
      } catch (RuntimeException e) {
        stream.abort();
        throw e;
      }
    } catch (AwsServiceException e) {
      if (range != null && e.statusCode() == 416) {
        throw new RangeBeyondEndException();
      }
      throw readFailure(key, e);
    } catch (SdkException e) {
      throw failures.of("reading " + name(key), e);
    }
  }

  /** The position at which the answer begins; a store that ignores ranges sends everything. */
  private static long offset(GetObjectResponse response) {
    String range = response.contentRange();
    return range == null ? 0 : offset(range);
  }

  /** Of {@code bytes=7-9} or {@code bytes 7-9/20}; -1 if it is neither. */
  private static long offset(String range) {
    int end = range.indexOf('-');
    try {
      return range.startsWith("bytes") && end > 6 ? Long.parseLong(range.substring(6, end)) : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private <T> T required(@Nullable T value, String what, String key) {
    if (value == null) {
      throw new StoreAccessException(
          "reading "
              + name(key)
              + ": the answer tells no "
              + what
              + "; does a proxy in between change answers?");
    }
    return value;
  }

  private HeadObjectResponse head(String key) {
    try {
      return answer(
          () ->
              client.headObject(
                  request ->
                      request
                          .bucket(bucket)
                          .key(scope + key)
                          .overrideConfiguration(times.carrying(0))));
    } catch (AwsServiceException e) {
      throw readFailure(key, e);
    } catch (SdkException e) {
      throw failures.of("reading " + name(key), e);
    }
  }

  private HaduckException readFailure(String key, AwsServiceException e) {
    return e.statusCode() == 404 && !S3Answer.code(e).equals("NoSuchBucket")
        ? new MissingObjectException("there is no " + name(key), e)
        : failures.of("reading " + name(key), e);
  }

  private Instant readTime(SdkHttpResponse response, long started) {
    return StoreClock.of(response).minusNanos(ticker.nanos() - started);
  }

  @Override
  public Listing list(String prefix, String startAfter, int limit) {
    return listings.page(prefix, startAfter, limit, times, this::answer);
  }

  @Override
  public void deleteAll(Collection<String> keys) {
    deletes.all(keys, times);
  }

  @Override
  public List<String> namesBeside(String prefix, int most) {
    return new PlacesBeside(client, location, times).names(prefix, most);
  }

  @Override
  public boolean keepsDeleted() {
    return versioned.get();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      client.close();
    }
  }

  @Override
  public String toString() {
    return location.toString();
  }

  private String name(String key) {
    return location + "/" + key;
  }

  /** 416: the object is not that long. */
  private static final class RangeBeyondEndException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RangeBeyondEndException() {
      super(null, null, false, false);
    }
  }
}
