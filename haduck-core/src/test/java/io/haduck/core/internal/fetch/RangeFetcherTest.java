package io.haduck.core.internal.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.haduck.core.CorruptDataException;
import io.haduck.core.MissingObjectException;
import io.haduck.core.UnavailableException;
import io.haduck.core.internal.concurrent.Backoff;
import io.haduck.core.internal.log.MemoryStore;
import io.haduck.core.internal.log.ObjectPart;
import io.haduck.core.internal.log.ObjectSlice;
import io.haduck.core.store.ObjectBody;
import io.haduck.testing.FaultInjectingStore;
import io.haduck.testing.FaultInjectingStore.Fault;
import io.haduck.testing.FaultInjectingStore.Operation;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ranges arrive whole and once, whatever the store does; parts are used as they come. */
class RangeFetcherTest {
  private static final int PART = 1000;

  private final MemoryStore memory = new MemoryStore();
  private final FaultInjectingStore store = new FaultInjectingStore(memory, 7);
  private final RangeFetcher fetcher =
      new RangeFetcher(
          store, () -> new Backoff(Duration.ofNanos(10), Duration.ofNanos(10), new Random(1)));
  private final Map<Part, byte[]> used = new ConcurrentHashMap<>();
  private final byte[] object = new byte[400 * PART];

  /** Some bytes of an object. */
  record Part(ObjectSlice slice) implements ObjectPart {
    @Override
    public int rawLength() {
      return slice.storedLength();
    }
  }

  @BeforeEach
  void fill() {
    new Random(3).nextBytes(object);
    assertThat(memory.put("o", ObjectBody.of(object)).etag()).isNotNull();
  }

  private static Part part(long offset, int length) {
    return new Part(new ObjectSlice("o", offset, length, 0, false));
  }

  /** Parts of one range, each followed by a gap. */
  private static List<Part> parts(int count) {
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parts.add(part((long) i * 2 * PART, PART));
    }
    return parts;
  }

  private PartUse<Part> taking() {
    return (part, stored) ->
        assertThat(used.put(part, Arrays.copyOf(stored, part.rawLength()))).isNull();
  }

  private void assertUsed(List<Part> parts) {
    assertThat(used.keySet()).containsExactlyInAnyOrderElementsOf(parts);
    used.forEach(
        (part, bytes) -> {
          int from = (int) part.slice().offset();
          assertThat(bytes).isEqualTo(Arrays.copyOfRange(object, from, from + bytes.length));
        });
  }

  @Test
  void fetch_partsWithGaps_takesOneRequestAndUsesEachPart() throws Exception {
    List<Part> parts = parts(20);
    fetcher.fetch(ObjectRange.join(parts), this::taking);
    assertUsed(parts);
    assertThat(store.calls(Operation.GET_RANGE)).isEqualTo(1);
    assertThat(fetcher.bytesFetched()).isEqualTo(39 * PART);
  }

  @Test
  void fetch_partsThatOverlap_usesEachPart() throws Exception {
    List<Part> parts =
        List.of(part(0, 500), part(100, 300), part(100, 301), part(450, 100), part(2000, 10));
    fetcher.fetch(ObjectRange.join(parts), this::taking);
    assertUsed(parts);
  }

  @Test
  void fetch_answersThatBreakOff_goesOnWhereTheyDid() throws Exception {
    store.rate(Operation.GET_RANGE, Fault.SHORT_READ, 0.8);
    store.rate(Operation.GET_RANGE, Fault.ERROR_BEFORE, 0.2);
    List<Part> parts = parts(200);
    fetcher.fetch(ObjectRange.join(parts), this::taking);
    assertUsed(parts);
    // A part that was cut in two is fetched again, nothing else; a gap that was cut is not.
    long again = store.bytesRead() - 399L * PART;
    long broken = store.faults(Fault.SHORT_READ);
    assertThat(again).isBetween(-broken * PART, broken * PART);
    assertThat(store.faults(Fault.SHORT_READ)).isPositive();
  }

  @Test
  void fetch_aStoreThatDoesNotAnswer_givesUp() {
    store.outage(true);
    assertThatThrownBy(() -> fetcher.fetch(ObjectRange.join(parts(3)), this::taking))
        .isInstanceOf(UnavailableException.class);
    assertThat(store.calls(Operation.GET_RANGE)).isEqualTo(6);
    assertUsed(List.of());
  }

  @Test
  void fetch_aPartThatIsWrongOnce_fetchesThatOneAgain() throws Exception {
    var doubts = new AtomicInteger(1);
    List<Part> parts = parts(20);
    PartUse<Part> taking = taking();
    fetcher.fetch(
        ObjectRange.join(parts),
        () ->
            (part, stored) -> {
              if (part.equals(parts.get(7)) && doubts.getAndDecrement() > 0) {
                throw new CorruptDataException("damaged on its way");
              }
              taking.accept(part, stored);
            });
    assertUsed(parts);
    assertThat(store.calls(Operation.GET_RANGE)).isEqualTo(2);
  }

  @Test
  void fetch_aPartThatIsWrongTwice_fails() {
    List<Part> parts = parts(20);
    assertThatThrownBy(
            () ->
                fetcher.fetch(
                    ObjectRange.join(parts),
                    () ->
                        (part, stored) -> {
                          if (part.equals(parts.get(7))) {
                            throw new CorruptDataException("damaged for good");
                          }
                        }))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("damaged for good");
    assertThat(store.calls(Operation.GET_RANGE)).isEqualTo(2);
  }

  @Test
  void fetch_anObjectThatIsTooShort_saysWhereItEnds() {
    List<Part> parts = List.of(part(0, 10), part(object.length - 5, 10));
    assertThatThrownBy(() -> fetcher.fetch(ObjectRange.join(parts), this::taking))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("o ends at " + object.length)
        .hasMessageContaining("up to " + (object.length + 5));
  }

  @Test
  void fetch_anObjectThatIsMissing_saysWhatToDo() {
    memory.objects.clear();
    assertThatThrownBy(() -> fetcher.fetch(ObjectRange.join(parts(1)), this::taking))
        .isInstanceOf(MissingObjectException.class)
        .hasMessageContaining("restore a deleted version");
  }

  @Test
  void fetch_aUseThatFails_endsAllThreadsAndDropsWhatWasKeptBack() {
    // Far apart, so that each is a range of its own.
    List<Part> parts = List.of(part(0, 10), part(100_000, 10), part(200_000, 10), part(300_000, 9));
    var ended = new AtomicInteger();
    var failure = new IOException("no room");
    assertThatThrownBy(
            () ->
                fetcher.fetch(
                    ObjectRange.join(parts),
                    () ->
                        new PartUse<Part>() {
                          @Override
                          public void accept(Part part, byte[] stored) throws IOException {
                            throw failure;
                          }

                          @Override
                          public void end() {
                            ended.incrementAndGet();
                          }
                        }))
        .isInstanceOf(IOException.class)
        .hasMessage("no room");
    assertThat(ended).hasValue(0);
    // A thread that a pool counts as ended may be listed for a moment yet.
    await()
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().startsWith("haduck-restore-")));
  }
}
