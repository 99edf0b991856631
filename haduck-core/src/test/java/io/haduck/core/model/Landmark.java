package io.haduck.core.model;

/** What happens in some run of a model, or the model shows nothing. */
enum Landmark {
  ACKNOWLEDGED,
  ACKNOWLEDGED_BY_A_SUCCESSOR,
  FENCED_BY_ITS_APPEND,
  FENCED_BY_A_LIST,
  OPENING_TAKEN,
  OPENING_NOT_AT_THE_HEAD,
  LANDED_IN_A_HOLE,
  SWEPT,
  OWN_CHANGESET_READ_BACK,
  FOLLOWED,
  FOLLOWER_BEGAN_ANEW
}
