package io.haduck.s3;

import io.haduck.core.StoreAccessException;
import io.haduck.core.store.Listing;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Turns an answer of ListObjectsV2 into a page, and checks that it is one. */
final class ListingPage {
  private ListingPage() {}

  /**
   * The page.
   *
   * @param scope what the keys in the bucket begin with, and ours do not
   * @param startAfter of our keys
   * @param limit of the page; a store that does not know of limits sends more
   * @param place for messages
   * @throws StoreAccessException if the keys are not those asked for, in the order of their bytes
   */
  static Listing of(
      ListObjectsV2Response response,
      String scope,
      String startAfter,
      int limit,
      Instant storeTime,
      String place) {
    var entries = new ArrayList<Listing.Entry>();
    byte[] previous = (scope + startAfter).getBytes(StandardCharsets.UTF_8);
    for (S3Object object : response.contents()) {
      byte[] bytes = object.key().getBytes(StandardCharsets.UTF_8);
      boolean ordered =
          Arrays.compareUnsigned(bytes, previous) > 0
              || (entries.isEmpty() && object.key().equals(scope)); // a directory's marker
      if (!ordered || !object.key().startsWith(scope)) {
        throw new StoreAccessException(
            "listing "
                + place
                + ": "
                + object.key()
                + " does not sort after what came before it. haduck needs listings in the order of"
                + " their keys, which S3 directory buckets do not give; use a general purpose"
                + " bucket");
      }
      previous = bytes;
      if (!object.key().equals(scope)) {
        if (entries.size() == limit) {
          return new Listing(entries, true, storeTime);
        }
        entries.add(entry(object, scope, place));
      }
    }
    return new Listing(entries, Boolean.TRUE.equals(response.isTruncated()), storeTime);
  }

  private static Listing.Entry entry(S3Object object, String scope, String place) {
    Long size = object.size();
    Instant modified = object.lastModified();
    if (size == null || modified == null) {
      throw new StoreAccessException(
          "listing "
              + place
              + ": the answer tells no "
              + (size == null ? "Size" : "LastModified")
              + " of "
              + object.key()
              + "; does a proxy in between change answers?");
    }
    return new Listing.Entry(object.key().substring(scope.length()), size, modified);
  }
}
