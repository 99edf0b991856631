package io.haduck.core.model;

/** A rule of retention that is left out, or another one in its place. */
enum RetentionMutation {
  /** A sweeper goes by the names that it listed before it wrote its manifest. */
  LIST_NAMES_BEFORE_THE_MANIFEST,
  /** Who makes a name reads no manifest afterwards. */
  NAME_WITHOUT_A_LOOK,
  /** Who makes a name reads the manifest, and then writes the name. */
  LOOK_BEFORE_THE_NAME,
  /** Who makes a name of a named state trusts a name that is not known to be held. */
  TRUST_A_NAME_IN_THE_MAKING,
  /** A manifest lists again what an earlier one dropped, as the policy of a second process does. */
  LIST_DROPPED_STATES_AGAIN,
  /** EPOCHs below the floor are deleted. */
  SWEEP_EPOCHS,
  /** Segments are deleted whatever the anchor is, if nothing names them. */
  SWEEP_PENDING_SEGMENTS,
  /** A writer names a roll-up that it wrote before the anchor moved. */
  KEEP_ROLL_UP,
  /** A chain is cut though the state that it leads to has no snapshot. */
  CUT_WITHOUT_A_SNAPSHOT,
  /** The floor is a checkpoint that has no snapshot, if there is a chain that leads to it. */
  FLOOR_WITHOUT_A_SNAPSHOT,
  /** A named state has no snapshot, and what the sweeper takes to lead to it stays. */
  NAME_WITHOUT_A_SNAPSHOT,
  /** Snapshots of kept states are deleted, if another way leads to the state. */
  SWEEP_SPARE_SNAPSHOTS,
  /** A sweeper deletes without looking whether there is a newer manifest. */
  DELETE_WITHOUT_A_LOOK,
  /** A reader takes whatever lies at a key, also below the floor. */
  IGNORE_THE_FLOOR,
  /** A reader reads the manifest before the key, and not after it. */
  READ_THE_MANIFEST_FIRST,
  /** A sweep stops at a name whose state is gone, though it is not known to be held. */
  STOP_AT_LEFTOVERS
}
