package io.haduck.s3;

import io.haduck.core.store.ReplicaLocation;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;

/** What else is under the prefix that a replica is under, for an error that is about its name. */
final class PlacesBeside {
  private static final Logger log = LoggerFactory.getLogger(PlacesBeside.class);

  /** A request each. */
  private static final int MOST_LOOKS = 20;

  private final S3Client client;
  private final String bucket;
  private final String path;
  private final CallTimes times;

  PlacesBeside(S3Client client, ReplicaLocation location, CallTimes times) {
    this.client = client;
    this.times = times;
    this.bucket = location.bucket();
    this.path = location.path();
  }

  /** See {@link io.haduck.core.store.ObjectStore#namesBeside}. */
  List<String> names(String prefix, int most) {
    List<String> names = new ArrayList<>();
    if (path.isEmpty()) {
      return names; // all of a bucket
    }
    String above = path.substring(0, path.lastIndexOf('/') + 1);
    try {
      List<CommonPrefix> places =
          client
              .listObjectsV2(
                  request ->
                      request
                          .bucket(bucket)
                          .prefix(above)
                          .delimiter("/")
                          .maxKeys(MOST_LOOKS)
                          .overrideConfiguration(times.carrying(0)))
              .commonPrefixes();
      for (CommonPrefix place : places) {
        String other = place.prefix();
        if (names.size() < most && !other.equals(path + "/") && holds(other + prefix)) {
          names.add(other.substring(above.length(), other.length() - 1));
        }
      }
    } catch (SdkException e) {
      log.debug("what is beside {} in {} cannot be listed", path, bucket, e);
    }
    return names;
  }

  private boolean holds(String prefix) {
    return !client
        .listObjectsV2(
            request ->
                request
                    .bucket(bucket)
                    .prefix(prefix)
                    .maxKeys(1)
                    .overrideConfiguration(times.carrying(0)))
        .contents()
        .isEmpty();
  }
}
