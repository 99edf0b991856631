package io.haduck.jdbc.internal.sql;

/**
 * What SQL text does to transactions, as far as its words tell: whether it may commit something,
 * and whether a transaction is open behind it, each for a connection that has none open before and
 * for one that has.
 *
 * @param commitsIfNone whether it may commit something where no transaction is open
 * @param afterNone what is open then
 * @param commitsIfOpen whether it may commit something where one is
 * @param afterOpen what is open then
 */
public record TransactionEffect(
    boolean commitsIfNone,
    OpenTransaction afterNone,
    boolean commitsIfOpen,
    OpenTransaction afterOpen) {

  /** Of text that only reads. */
  public static final TransactionEffect NONE =
      new TransactionEffect(false, OpenTransaction.NONE, false, OpenTransaction.OPEN);

  /** Commits by itself, unless a transaction is open, which it leaves open. */
  public static final TransactionEffect CHANGES =
      new TransactionEffect(true, OpenTransaction.NONE, false, OpenTransaction.OPEN);

  /** BEGIN. */
  static final TransactionEffect BEGINS =
      new TransactionEffect(false, OpenTransaction.OPEN, false, OpenTransaction.OPEN);

  /** COMMIT. */
  public static final TransactionEffect COMMITS =
      new TransactionEffect(true, OpenTransaction.NONE, true, OpenTransaction.NONE);

  /** ROLLBACK. */
  static final TransactionEffect ROLLS_BACK =
      new TransactionEffect(false, OpenTransaction.NONE, false, OpenTransaction.NONE);

  /** Of statements that nothing is known of. */
  static final TransactionEffect ANYTHING =
      new TransactionEffect(true, OpenTransaction.UNKNOWN, true, OpenTransaction.UNKNOWN);

  /** Both, one after the other. */
  TransactionEffect then(TransactionEffect next) {
    return new TransactionEffect(
        commitsIfNone || next.mayCommit(afterNone),
        next.after(afterNone),
        commitsIfOpen || next.mayCommit(afterOpen),
        next.after(afterOpen));
  }

  /** Whether it certainly begins a transaction or ends one. */
  public boolean endsOrBegins() {
    return afterNone == afterOpen && afterNone != OpenTransaction.UNKNOWN;
  }

  private boolean mayCommit(OpenTransaction before) {
    return (before != OpenTransaction.OPEN && commitsIfNone)
        || (before != OpenTransaction.NONE && commitsIfOpen);
  }

  private OpenTransaction after(OpenTransaction before) {
    return switch (before) {
      case NONE -> afterNone;
      case OPEN -> afterOpen;
      case UNKNOWN -> afterNone == afterOpen ? afterNone : OpenTransaction.UNKNOWN;
    };
  }

  /**
   * Whether a call of it may have committed something.
   *
   * @param before what was open when its first statement ran
   * @param after what is open now
   * @return true also if that does not fit the words
   */
  public boolean mayHaveCommitted(OpenTransaction before, OpenTransaction after) {
    boolean fromNone = before != OpenTransaction.OPEN && fits(afterNone, after);
    boolean fromOpen = before != OpenTransaction.NONE && fits(afterOpen, after);
    return (!fromNone && !fromOpen) || (fromNone && commitsIfNone) || (fromOpen && commitsIfOpen);
  }

  private static boolean fits(OpenTransaction expected, OpenTransaction found) {
    return expected == found
        || expected == OpenTransaction.UNKNOWN
        || found == OpenTransaction.UNKNOWN;
  }
}
