package io.haduck.testing.internal.splitbrain;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A time that passes only while everybody waits for it, and actors with a thread each, of which one
 * runs at a time. So a round is the same whenever it is run with the same seed.
 */
final class Stage {
  private static final long HUNG_SECONDS = 60;
  private static final ThreadLocal<@Nullable Actor> CURRENT = new ThreadLocal<>();

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<Actor> actors = new ArrayList<>();
  private final Semaphore back = new Semaphore(0);
  private long now;
  private long limit;
  private long drawn;
  private boolean closing;
  private @Nullable Throwable failure;

  /** Something that happens: an action, or an actor that goes on. */
  private record Event(
      long at, long order, @Nullable Runnable action, @Nullable Actor actor, long wake)
      implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
    }
  }

  /** What an actor does. */
  @FunctionalInterface
  interface Part {
    void play();
  }

  /** Ends an actor, as a process is killed. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed() {
      super("killed", null, false, false);
    }
  }

  /** Returns nanoseconds since the beginning. */
  long now() {
    return now;
  }

  /** Lets something happen; if that is over, next. */
  void at(long when, Runnable action) {
    events.add(new Event(Math.max(when, now), drawn++, action, null, 0));
  }

  /** Returns the actor whose thread this is; null for another one. */
  static @Nullable Actor current() {
    return CURRENT.get();
  }

  /** Begins to play a part, next. */
  Actor start(String name, Part part) {
    var actor = new Actor(name, part);
    actors.add(actor);
    actor.wakeAt(now);
    return actor;
  }

  /** Lets time pass. For the thread of the test. */
  void runUntil(long end) {
    limit = end;
    for (Actor next = next(); next != null; next = next()) {
      next.enter();
      awaitBack();
    }
    now = Math.max(now, end);
    Throwable failed = failure;
    if (failed != null) {
      throw new AssertionError("an actor failed: " + failed, failed);
    }
  }

  /** Lets happen what does, up to where an actor goes on; null if that is not before the limit. */
  private @Nullable Actor next() {
    while (failure == null && !closing) {
      Event next = events.peek();
      if (next == null || next.at() > limit) {
        return null;
      }
      Event unusedSinceItWasLookedAt = events.remove();
      now = Math.max(now, next.at());
      Actor actor = next.actor();
      if (next.action() != null) {
        next.action().run();
      } else if (actor != null && !actor.ended && next.wake() == actor.wakes) {
        if (actor.stoppedUntil <= now) {
          return actor;
        }
        actor.wakeAt(actor.stoppedUntil);
      }
    }
    return null;
  }

  private void awaitBack() {
    try {
      for (long before = -1; !back.tryAcquire(HUNG_SECONDS, TimeUnit.SECONDS); before = now) {
        if (before == now) {
          throw new AssertionError("hung at " + now + ": " + stacks());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private String stacks() {
    var text = new StringBuilder();
    actors.stream().filter(it -> !it.ended).forEach(it -> text.append('\n').append(it));
    return text.toString();
  }

  /** Ends all. */
  void close() {
    actors.forEach(Actor::kill);
    closing = true;
    for (Actor actor : actors) {
      if (!actor.ended) {
        actor.enter();
        awaitBack();
      }
    }
  }

  /** One thread of a process. */
  final class Actor {
    final String name;
    private final Part part;
    private final Semaphore turn = new Semaphore(0);
    private @Nullable Thread thread;
    private long wakes;
    private long stoppedUntil;
    private boolean killed;
    private boolean ended;

    private Actor(String name, Part part) {
      this.name = name;
      this.part = part;
    }

    private void wakeAt(long when) {
      events.add(new Event(when, drawn++, null, this, ++wakes));
    }

    /** It does nothing before then. */
    void stopUntil(long when) {
      stoppedUntil = Math.max(stoppedUntil, when);
    }

    /** It ends where it waits, next. */
    void kill() {
      if (!ended && !killed) {
        killed = true;
        stoppedUntil = 0;
        if (current() != this) {
          wakeAt(now);
        }
      }
    }

    boolean hasEnded() {
      return ended;
    }

    /** Gives it the turn. */
    private void enter() {
      if (thread == null) {
        thread = new Thread(this::run, "stage-" + name);
        thread.setDaemon(true);
        thread.start();
      } else {
        turn.release();
      }
    }

    private void run() {
      CURRENT.set(this);
      try {
        if (!killed) {
          part.play();
        }
      } catch (Killed e) {
        // as it should be
      } catch (Throwable e) {
        if (!killed) {
          failure = e;
        }
      } finally {
        ended = true;
        Actor unusedSinceThisOneHasEnded = passOn();
      }
    }

    /** Gives the turn to whoever is next, and returns him. */
    private @Nullable Actor passOn() {
      CURRENT.remove(); // what happens waits for nobody
      Actor next = next();
      if (next == null) {
        back.release();
      } else if (next != this) {
        next.enter();
      }
      return next;
    }

    /** For its own thread. */
    void sleepUntil(long when) {
      if (!killed) {
        wakeAt(Math.max(when, now));
        if (passOn() != this) {
          turn.acquireUninterruptibly();
        }
        CURRENT.set(this);
      }
      if (killed) {
        throw new Killed();
      }
    }

    void sleep(long nanos) {
      sleepUntil(now + nanos);
    }

    /** Where it is. */
    @Override
    public String toString() {
      var text = new StringBuilder(name);
      if (stoppedUntil > now) {
        text.append(" stands still for ").append((stoppedUntil - now) / 1_000_000).append(" ms");
      }
      Thread running = thread;
      if (running != null) {
        for (StackTraceElement at : running.getStackTrace()) {
          String inside = at.getClassName();
          if (inside.startsWith("io.haduck") && !inside.contains("Stage")) {
            text.append(' ').append(at.getFileName()).append(':').append(at.getLineNumber());
          }
        }
      }
      return text.toString();
    }

    /** Ends its sleep. For another one. */
    void hurry() {
      if (!ended) {
        wakeAt(now);
      }
    }
  }
}
