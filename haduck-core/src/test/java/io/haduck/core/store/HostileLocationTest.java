package io.haduck.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.haduck.core.InvalidConfigurationException;
import io.haduck.testing.internal.HostileInputs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Locations of replicas that nobody meant to write. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // as many as asked for
class HostileLocationTest {
  @Test
  void locations() {
    List<byte[]> seeds =
        Stream.of(
                "s3://bucket/prefix/deeper",
                "s3://bucket",
                "file:/var/backup",
                "file:///var/backup/",
                "S3://b/ü/日本;x=%2f",
                "http://user:secret@host:9000/bucket?region=x#y")
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toList();
    var tally =
        new HostileInputs(
                "ReplicaLocation.parse", 32 << 10, 60, InvalidConfigurationException.class)
            .feed(
                random -> HostileInputs.mutate(random, seeds),
                input -> {
                  ReplicaLocation location =
                      ReplicaLocation.parse(new String(input, StandardCharsets.UTF_8));
                  ReplicaLocation again = ReplicaLocation.parse(location.toString());
                  if (!again.equals(location)) {
                    throw new AssertionError(location + " becomes " + again);
                  }
                });
    assertThat(tally.accepted()).isPositive();
    assertThat(tally.refused()).isPositive();
  }
}
