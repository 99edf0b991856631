package io.haduck.testing.internal;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Feeds a decoder with damaged bytes: seeds of real ones, mutated, cut off, prolonged and spliced.
 * Each input must be accepted or refused with an error that the decoder declares, within a bound of
 * memory, and of processor time (not of wall-clock time, so that a busy machine fails nothing).
 *
 * <p>{@code -Dhaduck.inputs=…} says how many, {@code -Dhaduck.seed=…} repeats a run, {@code
 * -Dhaduck.input=…} one input of it.
 */
public final class HostileInputs {
  private static final long DEFAULT_INPUTS = 20_000;
  private static final Duration MOST_CPU = Duration.ofSeconds(20);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long[] NASTY = {
    0,
    1,
    -1,
    2,
    7,
    127,
    128,
    255,
    65_535,
    Integer.MAX_VALUE,
    1L << 31,
    0xffff_ffffL,
    1L << 32,
    1L << 56,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final String decoder;
  private final long fixedBytes;
  private final long bytesPerByte;
  private final List<Class<?>> declared;
  private long usual = DEFAULT_INPUTS;
  private final long seed = Long.getLong("haduck.seed", System.nanoTime() & 0xffff_ffffL);

  /** One input's way into the decoder. */
  @FunctionalInterface
  public interface Decoder {
    /** Decodes; whatever it throws is judged. */
    void decode(byte[] input) throws Exception;
  }

  /** Makes an input. */
  @FunctionalInterface
  public interface Maker {
    /** An input that depends on nothing but what the random numbers are. */
    byte[] make(Random random);
  }

  /**
   * For one decoder.
   *
   * @param decoder its name, for the report
   * @param fixedBytes that it may allocate for any input
   * @param bytesPerByte that it may allocate in addition for each byte of the input
   * @param declared what it may throw
   */
  public HostileInputs(String decoder, long fixedBytes, long bytesPerByte, Class<?>... declared) {
    this.decoder = decoder;
    this.fixedBytes = fixedBytes;
    this.bytesPerByte = bytesPerByte;
    this.declared = List.of(declared);
  }

  /** For a decoder that reads real files: fewer, unless it is said how many. */
  public HostileInputs slow() {
    usual = DEFAULT_INPUTS / 10;
    return this;
  }

  /** What came of it. */
  public record Tally(long accepted, long refused) {}

  /** Feeds; fails at the first input that is not dealt with as it should be. */
  public Tally feed(Maker maker, Decoder target) {
    long only = Long.getLong("haduck.input", -1);
    long inputs = Long.getLong("haduck.inputs", usual);
    var current = new AtomicLong(-1);
    var failure = new AtomicReference<Throwable>();
    var tally = new AtomicReference<Tally>();
    var report = new AtomicReference<>("");
    Thread worker =
        new Thread(
            () -> {
              try {
                tally.set(run(maker, target, only, inputs, current, report));
              } catch (Throwable e) {
                failure.set(e);
              }
            },
            "hostile-" + decoder);
    worker.setDaemon(true);
    long begun = System.nanoTime();
    worker.start();
    watch(worker, current);
    Throwable failed = failure.get();
    if (failed != null) {
      throw new AssertionError(
          decoder
              + ": haduck.seed="
              + seed
              + " haduck.input="
              + current.get()
              + ": "
              + failed.getMessage(),
          failed);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    System.out.println("HOSTILE " + decoder + ": " + report.get() + ", " + took + ", seed " + seed);
    return Objects.requireNonNull(tally.get());
  }

  private Tally run(
      Maker maker,
      Decoder target,
      long only,
      long inputs,
      AtomicLong current,
      AtomicReference<String> report) {
    long accepted = 0;
    long refused = 0;
    long most = 0;
    long longest = 0;
    long self = Thread.currentThread().getId();
    for (long i = Math.max(only, 0); i < (only < 0 ? inputs : only + 1); i++) {
      byte[] input = maker.make(new Random(seed * 0x9e37_79b9_7f4a_7c15L + i));
      current.set(i);
      long before = THREADS.getThreadAllocatedBytes(self);
      boolean ok = judge(target, input);
      long allocated = THREADS.getThreadAllocatedBytes(self) - before;
      if (allocated > fixedBytes + bytesPerByte * input.length) {
        // Once more: a way that was not gone before loads classes and links calls.
        before = THREADS.getThreadAllocatedBytes(self);
        ok = judge(target, input);
        allocated = THREADS.getThreadAllocatedBytes(self) - before;
      }
      accepted += ok ? 1 : 0;
      refused += ok ? 0 : 1;
      longest = Math.max(longest, input.length);
      most = Math.max(most, allocated);
      if (allocated > fixedBytes + bytesPerByte * input.length) {
        throw new AssertionError(
            allocated
                + " bytes for an input of "
                + input.length
                + ", allowed are "
                + fixedBytes
                + " + "
                + bytesPerByte
                + " per byte");
      }
    }
    report.set(
        (accepted + refused)
            + " inputs of up to "
            + longest
            + " bytes, "
            + accepted
            + " accepted, "
            + refused
            + " refused, at most "
            + most
            + " bytes allocated");
    return new Tally(accepted, refused);
  }

  private boolean judge(Decoder target, byte[] input) {
    try {
      target.decode(input);
      return true;
    } catch (AssertionError e) {
      throw e;
    } catch (Throwable e) {
      if (declared.stream().noneMatch(type -> type.isInstance(e))) {
        throw new AssertionError("undeclared: " + e, e);
      }
      if (e.getMessage() == null || e.getMessage().length() < 10) {
        throw new AssertionError("says nothing: " + e, e);
      }
      return false;
    }
  }

  /** Until the worker ends, or an input takes too much processor time. */
  private void watch(Thread worker, AtomicLong current) {
    long watched = -1;
    long cpuBegun = 0;
    while (worker.isAlive()) {
      try {
        worker.join(200);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
      long cpu = THREADS.getThreadCpuTime(worker.getId());
      if (current.get() != watched) {
        watched = current.get();
        cpuBegun = cpu;
      } else if (cpu - cpuBegun > MOST_CPU.toNanos()) {
        throw new AssertionError(
            decoder
                + " hangs: haduck.seed="
                + seed
                + " haduck.input="
                + watched
                + "\n"
                + Arrays.toString(worker.getStackTrace()));
      }
    }
  }

  /** A part of an array that is worth damaging. */
  public record Hot(int from, int to) {}

  /** Damages, cuts off, prolongs or splices a seed in 1 to 4 places. */
  public static byte[] mutate(Random random, List<byte[]> seeds) {
    byte[] seed = seeds.get(random.nextInt(seeds.size()));
    return mutate(random, seed, new Hot(0, seed.length), seeds);
  }

  /**
   * As the other method: three of four damages lie in a part, and splices come from other seeds.
   */
  public static byte[] mutate(Random random, byte[] seed, Hot hot, List<byte[]> others) {
    byte[] bytes = seed.clone();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      if (bytes.length == 0) {
        return bytes;
      }
      int to = Math.min(hot.to(), bytes.length);
      boolean inPart = random.nextInt(4) > 0 && hot.from() < to;
      int at = inPart ? hot.from() + random.nextInt(to - hot.from()) : random.nextInt(bytes.length);
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 4, 5 -> bytes[at] = (byte) random.nextInt();
        case 6, 7, 8 -> put(bytes, at, random, NASTY[random.nextInt(NASTY.length)]);
        case 9, 10 -> put(bytes, at, random, random.nextLong() >>> random.nextInt(64));
        case 11 -> bytes = Arrays.copyOf(bytes, at);
        case 12 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(100));
        case 13 -> bytes = replace(bytes, at, at + length(random, bytes.length - at), new byte[0]);
        case 14 -> {
          byte[] other = others.get(random.nextInt(others.size()));
          if (other.length > 0) {
            int from = random.nextInt(other.length);
            byte[] part =
                Arrays.copyOfRange(other, from, from + length(random, other.length - from));
            int end = random.nextBoolean() ? at : Math.min(at + part.length, bytes.length);
            bytes = replace(bytes, at, end, part);
          }
        }
        default -> {
          byte[] part = Arrays.copyOfRange(bytes, at, at + length(random, bytes.length - at));
          bytes = replace(bytes, at, at, part);
        }
      }
    }
    return bytes;
  }

  /** Short mostly. */
  private static int length(Random random, int most) {
    return random.nextInt(1 + Math.min(most, random.nextInt(8) == 0 ? most : 40));
  }

  private static byte[] replace(byte[] bytes, int from, int to, byte[] by) {
    byte[] result = new byte[bytes.length - (to - from) + by.length];
    System.arraycopy(bytes, 0, result, 0, from);
    System.arraycopy(by, 0, result, from, by.length);
    System.arraycopy(bytes, to, result, from + by.length, bytes.length - to);
    return result;
  }

  /** Little-endian, in 1 to 8 bytes, at a multiple of 4 mostly. */
  private static void put(byte[] bytes, int at, Random random, long value) {
    int from = random.nextInt(4) > 0 ? at & ~3 : at;
    int length = Math.min(1 << random.nextInt(4), bytes.length - from);
    for (int i = 0; i < length; i++) {
      bytes[from + i] = (byte) (value >>> (8 * i));
    }
  }
}
