package io.haduck.testing.internal.splitbrain;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What happened in some rounds. */
public final class Figures {
  private int rounds;
  private int acknowledged;
  private int epochs;
  private int beliefs;
  private int swept;
  private int strays;
  private int lost;
  private final Map<Trouble, Integer> troubles = new TreeMap<>();

  /** Nothing yet. */
  public Figures() {}

  /** Of one round. */
  Figures(Books books, int swept, Set<Trouble> made) {
    this.rounds = 1;
    this.acknowledged = books.acknowledgements();
    this.epochs = books.epochs();
    this.beliefs = books.beliefs();
    this.swept = swept;
    this.strays = books.strays;
    this.lost = books.lost;
    made.forEach(it -> troubles.put(it, 1));
  }

  void add(Figures other) {
    rounds += other.rounds;
    acknowledged += other.acknowledged;
    epochs += other.epochs;
    beliefs += other.beliefs;
    swept += other.swept;
    strays += other.strays;
    lost += other.lost;
    other.troubles.forEach((trouble, times) -> troubles.merge(trouble, times, Integer::sum));
  }

  /** Returns how many rounds there were. */
  public int rounds() {
    return rounds;
  }

  /** Returns how many keys were created again by somebody else after they were swept. */
  public int strays() {
    return strays;
  }

  /** Returns how many troubles there were of which kind. */
  public Map<String, Integer> troubles() {
    var named = new TreeMap<String, Integer>();
    troubles.forEach((trouble, times) -> named.put(trouble.name(), times));
    return named;
  }

  @Override
  public String toString() {
    return rounds
        + " rounds: "
        + acknowledged
        + " acknowledged, "
        + epochs
        + " epochs, "
        + beliefs
        + " looks of followers, "
        + swept
        + " keys swept, "
        + strays
        + " of them created again by who came late, "
        + lost
        + " followers began anew; "
        + troubles;
  }
}
