package io.haduck.s3;

import io.haduck.core.StoreAccessException;
import io.haduck.core.Ticker;
import io.haduck.core.store.Listing;
import io.haduck.core.store.ReplicaLocation;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;

/** Lists objects, page by page. Safe for any thread. */
final class ObjectListings {
  /** MinIO answers a request for one key as if no more followed, where its prefix is a key. */
  private static final int LEAST_KEYS = 2;

  private final S3Client client;
  private final ReplicaLocation location;
  private final String scope;
  private final S3Failure failures;
  private final Ticker ticker;

  /**
   * @param scope with which all keys begin
   */
  ObjectListings(
      S3Client client, ReplicaLocation location, String scope, S3Failure failures, Ticker ticker) {
    this.client = client;
    this.location = location;
    this.scope = scope;
    this.failures = failures;
    this.ticker = ticker;
  }

  /** Makes a request, as the store does that lists. */
  @FunctionalInterface
  interface Asking {
    ListObjectsV2Response answer(Supplier<ListObjectsV2Response> request);
  }

  /**
   * The page that {@link io.haduck.core.store.ObjectStore#list} returns. A store may answer with an
   * empty part of a listing that goes on (where it passes over many keys that were deleted); since
   * nobody could go on from there but by its token, it is asked for the next part at once.
   */
  Listing page(String prefix, String startAfter, int limit, CallTimes times, Asking asking) {
    Listing.requireLimit(limit);
    String place = location + " (keys " + prefix + "…)";
    String all = scope + prefix;
    String after = after(all, scope + startAfter);
    long started = ticker.nanos();
    try {
      String token = null;
      while (true) {
        ListObjectsV2Response response = ask(all, after, token, limit, times, asking);
        // Less the time that all requests took, so that it is not later than any of them.
        var storeTime =
            StoreClock.of(response.sdkHttpResponse()).minusNanos(ticker.nanos() - started);
        Listing page = ListingPage.of(response, scope, startAfter, limit, storeTime, place);
        if (!page.truncated() || !page.objects().isEmpty()) {
          return page;
        }
        String next = response.nextContinuationToken();
        if (next == null || next.equals(token)) {
          throw new StoreAccessException(
              "listing "
                  + place
                  + ": the store answers that there is more, but not with what; is it from an S3"
                  + " service?");
        }
        token = next;
      }
    } catch (SdkException e) {
      throw failures.of("listing " + place, e);
    }
  }

  /**
   * Where the store is to begin; null for the beginning. Some answer with nothing at all if that
   * sorts before all that they are asked for. Before all objects of ours there is the marker of
   * their directory, which is none, and would fill a page of one.
   */
  private static @Nullable String after(String all, String after) {
    if (after.isEmpty()) {
      return null;
    }
    byte[] from = after.getBytes(StandardCharsets.UTF_8);
    byte[] first = all.getBytes(StandardCharsets.UTF_8);
    return Arrays.compareUnsigned(from, first) < 0 ? null : after;
  }

  private ListObjectsV2Response ask(
      String all,
      @Nullable String after,
      @Nullable String token,
      int limit,
      CallTimes times,
      Asking asking) {
    return asking.answer(
        () ->
            client.listObjectsV2(
                request ->
                    request
                        .bucket(location.bucket())
                        .prefix(all)
                        .startAfter(token == null ? after : null)
                        .continuationToken(token)
                        .maxKeys(Math.max(LEAST_KEYS, limit))
                        .overrideConfiguration(times.carrying(0))));
  }
}
