package io.haduck.jdbc.internal.database;

import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JVM whose shutdown has begun: which of its threads may still do something.
 *
 * <p>The JVM starts all shutdown hooks, one after the other, then waits for each in that same
 * order, and halts. It tells nobody which threads are hooks. But one of them is ours, so:
 *
 * <ul>
 *   <li>a hook that was started <em>after</em> ours is a thread that was not alive when ours was
 *       started;
 *   <li>as long as one lives that was started <em>before</em> ours, the thread that ends the JVM
 *       waits for another thread than our hook.
 * </ul>
 *
 * <p>Of the other threads those count that are not daemons and can go on by themselves: they run,
 * sleep, wait for a lock or with a time limit. Who waits without a limit was left by all who could
 * wake it, once nobody else counts; unless it is a hook, which something outside wakes (a daemon, a
 * virtual thread), since the JVM ends no sooner than its hooks. Idle workers of a pool wait for
 * nothing else, limit or not. Whoever asks must ask several times: a thread that was woken counts
 * only when it runs.
 *
 * <p>Confined to the hook's thread.
 */
public final class EndingJvm {
  private final Thread hook;
  private final Thread ending;
  private final Set<Thread> before;

  /**
   * A JVM that is about to start our hook.
   *
   * @param hook ours
   * @param ending the thread that starts it, and will wait for it; {@code hook} if not known
   * @param before the threads that were alive then
   */
  EndingJvm(Thread hook, Thread ending, Set<Thread> before) {
    this.hook = hook;
    this.ending = ending;
    this.before = before;
  }

  /** What may still do something, in words; null if nothing seems to. */
  @Nullable String busy() {
    if (ending != hook && ending.getState() == Thread.State.RUNNABLE) {
      return "the JVM is starting its shutdown hooks";
    }
    Map<Thread, StackTraceElement[]> threads = Thread.getAllStackTraces();
    for (Map.Entry<Thread, StackTraceElement[]> entry : threads.entrySet()) {
      Thread thread = entry.getKey();
      StackTraceElement[] stack = entry.getValue();
      if (!thread.isDaemon() && mayGoOn(thread, stack, !before.contains(thread))) {
        return described("thread", thread, stack);
      }
    }
    Thread awaited = awaitedHook(threads.keySet());
    return awaited == null || awaited == hook
        ? null
        : described("shutdown hook", awaited, threads.get(awaited));
  }

  /** Whether a thread of any kind can go on by itself. */
  public boolean mayGoOn(Thread thread) {
    return mayGoOn(thread, thread.getStackTrace(), false);
  }

  private boolean mayGoOn(Thread thread, StackTraceElement[] stack, boolean hookPerhaps) {
    if (thread == ending || thread == Thread.currentThread() || isOfTheJvm(thread, stack)) {
      return false;
    }
    return switch (thread.getState()) {
      case NEW, TERMINATED -> false;
      case WAITING -> hookPerhaps && !isIdleWorker(stack);
      case RUNNABLE, BLOCKED, TIMED_WAITING -> !isIdleWorker(stack);
    };
  }

  /** It has ended main, or waits for the end of the JVM: it asked for it too. */
  private static boolean isOfTheJvm(Thread thread, StackTraceElement[] stack) {
    if (stack.length == 0) {
      return thread.getName().equals("DestroyJavaVM");
    }
    for (StackTraceElement frame : stack) {
      String type = frame.getClassName();
      if (type.equals("java.lang.Shutdown") || type.equals("java.lang.ApplicationShutdownHooks")) {
        return true;
      }
    }
    return false;
  }

  private static boolean isIdleWorker(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      String type = frame.getClassName();
      boolean idle =
          switch (frame.getMethodName()) {
            case "getTask" -> type.endsWith("ThreadPoolExecutor"); // the JDK's, and Tomcat's copy
            case "awaitWork" -> type.equals("java.util.concurrent.ForkJoinPool");
            case "mainLoop" ->
                type.equals("java.util.TimerThread")
                    && stack[0].getClassName().equals("java.lang.Object"); // in wait
            case "idleJobPoll" -> type.startsWith("org.eclipse.jetty.util.thread.");
            default -> false;
          };
      if (idle) {
        return true;
      }
    }
    return false;
  }

  /** The hook that the ending thread waits for; null where that is not to be had. */
  private @Nullable Thread awaitedHook(Set<Thread> threads) {
    try {
      ThreadInfo info = ManagementFactory.getThreadMXBean().getThreadInfo(ending.getId());
      LockInfo awaited = info == null ? null : info.getLockInfo();
      if (awaited == null) {
        return null;
      }
      for (Thread thread : threads) {
        if (System.identityHashCode(thread) == awaited.getIdentityHashCode()) {
          return thread;
        }
      }
      return null;
    } catch (LinkageError e) {
      return null; // a JVM without the module java.management
    }
  }

  private static String described(
      String kind, Thread thread, StackTraceElement @Nullable [] stack) {
    return kind
        + " '"
        + thread.getName()
        + "' lives ("
        + thread.getState()
        + (stack == null || stack.length == 0 ? "" : " in " + stack[0])
        + ")";
  }
}
